package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.JsonRequest;
import com.alltkn.gateway.openai.StreamEnd;
import com.alltkn.gateway.quota.Demand;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.upstream.AttemptClocks;
import com.alltkn.gateway.upstream.UpstreamConfig;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A request that is understood: what it asks of upstream, and what an attempt makes of it, its
/// model, its body and its clocks. Its body is let go of as soon as nothing is sent again, for a
/// body may be large, and a stream go on for long.
public final class Asked implements Progress {

    private static final Body NOTHING = new Nothing();
    private static final Body GONE = new Gone();

    private final Progress before;
    private final Matched matched;
    private final @Nullable String modelAsked;
    private final boolean streamed;
    private Body body;

    private Asked(
            Progress before,
            Matched matched,
            @Nullable String modelAsked,
            boolean streamed,
            Body body) {
        this.before = before;
        this.matched = matched;
        this.modelAsked = modelAsked;
        this.streamed = streamed;
        this.body = body;
    }

    /// @return a request in JSON
    static Asked json(Reading reading, JsonRequest json) {
        return new Asked(reading, reading.before(), json.model(), json.stream(), new Json(json));
    }

    /// @param declared the length of its body, if the caller declared one
    /// @param largest how long it may be at most
    /// @return a request whose body is passed on as it comes
    static Asked upload(Matched matched, OptionalLong declared, long largest) {
        return new Asked(matched, matched, null, false, new Upload(null, declared, largest));
    }

    /// @param ahead what was read of its body already
    /// @param model what that names
    /// @param declared the length of its body, if the caller declared one
    /// @param largest how long it may be at most
    /// @return a request whose body is passed on as it comes, behind its beginning
    static Asked upload(
            Reading reading, ReadAhead ahead, String model, OptionalLong declared, long largest) {
        return new Asked(
                reading, reading.before(), model, false, new Upload(ahead, declared, largest));
    }

    /// @return a request without a body
    public static Asked withoutBody(Matched matched) {
        return new Asked(matched, matched, null, false, NOTHING);
    }

    @Override
    public Progress before() {
        return before;
    }

    @Override
    public Caller caller() {
        return matched.caller();
    }

    @Override
    public Endpoint endpoint() {
        return matched.endpoint();
    }

    @Override
    public @Nullable String modelAsked() {
        return modelAsked;
    }

    @Override
    public boolean streamed() {
        return streamed;
    }

    @Override
    public void letGo() {
        body = GONE;
        before.letGo();
    }

    /// @return what follows the base URL, undecoded
    public String pathAndQuery() {
        return matched.pathAndQuery();
    }

    /// @return its body
    public Body body() {
        return body;
    }

    /// @return what it may cost
    public Demand demand() {
        return body instanceof Json(var json)
                ? Demand.of(json, endpoint(), caller().limits().outputTokens())
                : Demand.NOTHING;
    }

    /// @return whether it can be sent again: its body is in memory, or there is none
    public boolean isRepeatable() {
        return switch (body) {
            case Json _, Nothing _ -> true;
            case Upload _, Gone _ -> false;
        };
    }

    /// @return whether it makes, changes or removes what is stored upstream, unless it only reads
    public boolean changesStoredObjects() {
        return !(body instanceof Json(var json))
                || endpoint().storedObjects()
                || json.namesStoredState()
                || json.stores(endpoint().storesUnasked());
    }

    /// @return whether the caller named this model; a model of null is one that nobody named
    public boolean names(@Nullable String model) {
        return body instanceof Json && Objects.equals(model, modelAsked);
    }

    /// @return the model to ask first; null if that is not the gateway's to say
    public @Nullable String model(Settings settings) {
        if (!(body instanceof Json)) {
            return null;
        }
        return modelAsked == null && endpoint().takesModel()
                ? caller().defaultModel().orElse(settings.defaultModel())
                : modelAsked;
    }

    /// @param tried the models that were asked already
    /// @return the first fallback model that was not, if there may be one at all
    public Optional<String> fallback(Settings settings, Set<String> tried) {
        if (!(body instanceof Json) || !endpoint().takesModel() || !caller().fallback()) {
            return Optional.empty();
        }
        return settings.fallbackModels().stream()
                .filter(other -> !tried.contains(other))
                .filter(caller().models()::allow)
                .findFirst();
    }

    /// @return whether the usage chunk is asked for although the caller did not
    public boolean addsUsage(UpstreamConfig config) {
        return config.askForUsage()
                && streamed
                && endpoint().readsUsageStream()
                && body instanceof Json(var json)
                && !json.usageAsked();
    }

    /// @return the bound of the caller's output, where it has one
    public JsonRequest.@Nullable OutputCap outputCap() {
        var most = caller().limits().outputTokens();
        return most.isPresent()
                ? new JsonRequest.OutputCap(endpoint().outputLimitFields(), most.getAsLong())
                : null;
    }

    /// @return whether the clocks of a stream apply: to what is not JSON either way, too
    public boolean takesClocksOfStream() {
        return switch (body) {
            case Json _ -> streamed;
            case Nothing _ -> !endpoint().answersJson() || endpoint().streamEnd() != StreamEnd.NONE;
            case Upload _, Gone _ -> true;
        };
    }

    /// @return how long an attempt may take
    public AttemptClocks clocks(UpstreamConfig config, Settings settings) {
        return takesClocksOfStream()
                ? AttemptClocks.streamed(config, endpoint().label(), settings)
                : AttemptClocks.atOnce(config, endpoint().label(), settings);
    }

    /// A body, as far as it can be sent.
    public sealed interface Body {}

    /// It is in memory.
    ///
    /// @param json the body
    public record Json(JsonRequest json) implements Body {}

    /// It is passed on as it comes.
    ///
    /// @param ahead what was read of it already, if anything was
    /// @param declared its length, if the caller declared one
    /// @param largest how long it may be at most
    public record Upload(@Nullable ReadAhead ahead, OptionalLong declared, long largest)
            implements Body {}

    /// There is none.
    public record Nothing() implements Body {}

    /// It was let go of.
    public record Gone() implements Body {}
}
