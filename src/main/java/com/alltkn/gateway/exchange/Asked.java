package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.JsonRequest;
import com.alltkn.gateway.openai.StreamEnd;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.upstream.AttemptClocks;
import com.alltkn.gateway.upstream.UpstreamConfig;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What an exchange asks of upstream, and what an attempt makes of it: its model, its body and its
/// clocks.
///
/// @param caller who asks
/// @param endpoint the operation
/// @param pathAndQuery what follows the base URL, undecoded
/// @param json the body, if it is JSON
/// @param hasBody whether another body is to be passed on
/// @param ahead what was read of that body already, if anything was
/// @param declaredLength its length, if the caller declared one
/// @param largestBody how long it may be at most
record Asked(
        Caller caller,
        Endpoint endpoint,
        String pathAndQuery,
        @Nullable JsonRequest json,
        boolean hasBody,
        @Nullable ReadAhead ahead,
        OptionalLong declaredLength,
        long largestBody) {

    /// @return whether it can be sent again: its body is in memory, or there is none
    boolean isRepeatable() {
        return json != null || !hasBody;
    }

    /// @return whether it makes, changes or removes what is stored upstream, unless it only reads
    boolean changesStoredObjects() {
        return json == null
                || endpoint.storedObjects()
                || json.namesStoredState()
                || json.stores(endpoint.storesUnasked());
    }

    /// @return whether the answer is to come as events
    boolean stream() {
        return json != null && json.stream();
    }

    /// @return whether the caller named this model; a model of null is one that nobody named
    boolean names(@Nullable String model) {
        return json != null && Objects.equals(model, json.model());
    }

    /// @return the model to ask first; null if that is not the gateway's to say
    @Nullable String model(Settings settings) {
        if (json == null) {
            return null;
        }
        return json.model() == null && endpoint.takesModel()
                ? caller.defaultModel().orElse(settings.defaultModel())
                : json.model();
    }

    /// @param tried the models that were asked already
    /// @return the first fallback model that was not, if there may be one at all
    Optional<String> fallback(Settings settings, Set<String> tried) {
        if (json == null || !endpoint.takesModel() || !caller.fallback()) {
            return Optional.empty();
        }
        return settings.fallbackModels().stream()
                .filter(other -> !tried.contains(other))
                .filter(caller.models()::allow)
                .findFirst();
    }

    /// @return whether the usage chunk is asked for although the caller did not
    boolean addsUsage(UpstreamConfig config) {
        return config.askForUsage()
                && json != null
                && json.stream()
                && endpoint.readsUsageStream()
                && !json.usageAsked();
    }

    /// @return the bound of the caller's output, where it has one
    JsonRequest.@Nullable OutputCap outputCap() {
        var most = caller.limits().outputTokens();
        return most.isPresent()
                ? new JsonRequest.OutputCap(endpoint.outputLimitFields(), most.getAsLong())
                : null;
    }

    /// @return whether the clocks of a stream apply: to what is not JSON either way, too
    boolean takesClocksOfStream() {
        return json != null
                ? json.stream()
                : hasBody || !endpoint.answersJson() || endpoint.streamEnd() != StreamEnd.NONE;
    }

    AttemptClocks clocks(UpstreamConfig config, Settings settings) {
        return takesClocksOfStream()
                ? AttemptClocks.streamed(config, endpoint.label(), settings)
                : AttemptClocks.atOnce(config, endpoint.label(), settings);
    }

    Asked withoutBody() {
        return new Asked(
                caller, endpoint, pathAndQuery, null, true, null, declaredLength, largestBody);
    }
}
