package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.JsonRequest;
import com.alltkn.gateway.openai.StreamEnd;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.upstream.Attempt;
import com.alltkn.gateway.upstream.AttemptClocks;
import com.alltkn.gateway.upstream.Breaker;
import com.alltkn.gateway.upstream.Effort;
import com.alltkn.gateway.upstream.RetryPolicy.Again;
import com.alltkn.gateway.upstream.RetryPolicy.GiveUp;
import com.alltkn.gateway.upstream.RetryPolicy.Left;
import com.alltkn.gateway.upstream.RetryPolicy.OtherModel;
import com.alltkn.gateway.upstream.RetryPolicy.OtherRevision;
import com.alltkn.gateway.upstream.UpstreamClient;
import com.alltkn.gateway.upstream.UpstreamErrors;
import com.alltkn.gateway.upstream.UpstreamGate;
import com.alltkn.gateway.upstream.UpstreamGate.Claim;
import com.alltkn.gateway.upstream.UpstreamRequest;
import com.alltkn.gateway.upstream.UpstreamRequest.Body;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The calls upstream that one exchange makes, one after another, until one is answered or the
/// retry policy knows no next step. Each binds one revision and one model to its last byte. Tells
/// its listener the end, once; after [#cancel()] it tells nothing.
final class Attempts implements Attempt.Listener {

    /// As much of an error answer as is read to understand it.
    private static final int LONGEST_ERROR = 64 * 1024;

    private static final CharSequence MODEL = HttpHeaders.createOptimized("x-gateway-model");

    private final Exchanges gateway;
    private final ContextInternal context;
    private final HttpServerRequest request;
    private Asked asked;
    private final UpstreamGate.Slot slot;
    private final long startedNanos;
    private final Listener listener;
    private final Set<String> modelsTried = new HashSet<>(2);

    private @Nullable String fallback;
    private @Nullable String model;
    private boolean asksAsCallerDid;
    private @Nullable Revision revision;
    private @Nullable Attempt attempt;
    private Breaker.@Nullable Pass pass;
    private @Nullable Upload upload;
    private @Nullable HttpClientResponse answer;
    private @Nullable Relay relay;
    private Buffer errorBody = Buffer.buffer();
    private @Nullable Duration timeToFirstByte;
    private Duration limit = Duration.ZERO;
    private Effort effort = Effort.NONE;
    private boolean usageAdded;
    private boolean moved;
    private boolean retrying;
    private boolean over;
    private long timer = -1;

    /// @param gateway what all exchanges need
    /// @param context the event loop's context; every method is called on it
    /// @param request the caller's request
    /// @param asked what is asked of upstream
    /// @param slot its place among those that wait for upstream; left with the first byte
    /// @param startedNanos when the exchange began, a [System#nanoTime()]
    /// @param listener who is told the end
    Attempts(
            Exchanges gateway,
            ContextInternal context,
            HttpServerRequest request,
            Asked asked,
            UpstreamGate.Slot slot,
            long startedNanos,
            Listener listener) {
        this.gateway = gateway;
        this.context = context;
        this.request = request;
        this.asked = asked;
        this.slot = slot;
        this.startedNanos = startedNanos;
        this.listener = listener;
    }

    void start() {
        gateway.retries().exchangeBegan();
        begin();
    }

    /// Gives up whatever is under way.
    void cancel() {
        if (over) {
            return;
        }
        if (attempt != null) {
            attempt.cancel();
        }
        if (pass != null) {
            pass.left();
        }
        finish();
    }

    /// @return the revision of the last attempt, if there was any
    @Nullable Revision revision() {
        return revision;
    }

    /// @return the model that upstream was asked for last
    @Nullable String model() {
        return model;
    }

    /// @return the answer that is being handed on, if one has begun to come
    @Nullable Relay relay() {
        return relay;
    }

    /// @return upstream's own id of the last attempt
    Optional<String> upstreamRequestId() {
        return Optional.ofNullable(answer).map(head -> head.getHeader("x-request-id"));
    }

    Optional<Duration> timeToFirstByte() {
        return Optional.ofNullable(timeToFirstByte);
    }

    /// @return the length of the body passed on so far; empty if none is
    OptionalLong uploaded() {
        return upload == null ? OptionalLong.empty() : OptionalLong.of(upload.length());
    }

    /// @return how often upstream was asked
    Effort effort() {
        return effort;
    }

    /// The first attempt chooses a revision; one that follows keeps to it.
    private void begin() {
        var client =
                revision == null
                        ? gateway.clients().tryAcquire()
                        : gateway.clients().tryAcquire(revision);
        client.ifPresentOrElse(
                this::begin, () -> fail(new GatewayError.NotReady(), "not_ready", false));
    }

    private void begin(UpstreamClient client) {
        var settings = client.revision().settings();
        revision = client.revision();
        model = chooseModel(settings);
        asksAsCallerDid = asked.json() != null && Objects.equals(model, asked.json().model());
        if (model != null) {
            if (!asked.caller().models().allow(model)) {
                client.release();
                fail(new GatewayError.ModelNotAllowed(model), "model_not_allowed", false);
                return;
            }
            modelsTried.add(model);
        }
        answer = null;
        relay = null;
        errorBody = Buffer.buffer();
        timeToFirstByte = null;
        switch (client.breaker(model).tryPass(asked.caller().id())) {
            case Breaker.Refused(var wait) -> {
                client.release();
                next(new GatewayError.UpstreamUnavailable(wait), false, "breaker_open");
            }
            case Breaker.Pass passed -> {
                pass = passed;
                effort = effort.attempt();
                attempt =
                        new Attempt(
                                context,
                                client,
                                new UpstreamRequest(
                                        request.method().name(),
                                        asked.pathAndQuery(),
                                        request.headers(),
                                        body()),
                                clocks(settings),
                                startedNanos,
                                this);
                attempt.start();
            }
        }
    }

    private @Nullable String chooseModel(Settings settings) {
        var json = asked.json();
        if (fallback != null || json == null) {
            return fallback;
        }
        return json.model() == null && asked.endpoint().takesModel()
                ? asked.caller().defaultModel().orElse(settings.defaultModel())
                : json.model();
    }

    private Body body() {
        var json = asked.json();
        if (json != null) {
            usageAdded =
                    gateway.upstreamConfig().askForUsage()
                            && json.stream()
                            && asked.endpoint().readsUsageStream()
                            && !json.usageAsked();
            return new Body.Whole(Buffer.buffer(json.edited(model, usageAdded, cap())));
        }
        if (asked.hasBody()) {
            return new Body.Streamed(asked.declaredLength(), this::upload);
        }
        request.resume();
        return new Body.Empty();
    }

    private JsonRequest.@Nullable OutputCap cap() {
        var most = asked.caller().limits().outputTokens();
        var field = asked.endpoint().outputLimitField();
        return most.isPresent() && field.isPresent()
                ? new JsonRequest.OutputCap(field.get(), most.getAsLong())
                : null;
    }

    private AttemptClocks clocks(Settings settings) {
        var json = asked.json();
        var streamed =
                json != null
                        ? json.stream()
                        : asked.hasBody()
                                || !asked.endpoint().answersJson()
                                || asked.endpoint().streamEnd() != StreamEnd.NONE;
        var route = asked.endpoint().label();
        var clocks =
                streamed
                        ? AttemptClocks.streamed(gateway.upstreamConfig(), route, settings)
                        : AttemptClocks.atOnce(gateway.upstreamConfig(), route, settings);
        limit = clocks.total();
        return streamed || nextModel().isEmpty()
                ? clocks
                : clocks.withFirstByte(timeLeft().dividedBy(2));
    }

    private void upload(HttpClientRequest to) {
        var running = running();
        upload =
                new Upload(
                        request,
                        asked.largestBody(),
                        asked.ahead(),
                        running,
                        error -> {
                            running.cancel();
                            next(error, true, ErrorShape.of(error).errorClass());
                        });
        upload.start(to);
    }

    @Override
    public void answered(HttpClientResponse head) {
        answer = head;
        if (upload != null) {
            upload.stop();
        }
        if (!isGood(head)) {
            return;
        }
        var json = asked.json();
        AnswerKind.of(
                        asked.endpoint(),
                        json != null && json.stream(),
                        Optional.ofNullable(request.getHeader(HttpHeaders.ACCEPT_ENCODING)),
                        head)
                .ifPresentOrElse(kind -> relay = relay(kind, head), () -> reject("content_type"));
    }

    private Relay relay(AnswerKind kind, HttpClientResponse head) {
        return new Relay(
                running(),
                kind,
                asked.endpoint().streamEnd(),
                usageAdded,
                head,
                request.response(),
                this::answering);
    }

    private void answering(MultiMap headers) {
        listener.answering(headers);
        if (model != null && !asksAsCallerDid) {
            headers.set(MODEL, model);
        }
    }

    @Override
    public void received(Buffer chunk) {
        if (timeToFirstByte == null) {
            timeToFirstByte = elapsed();
        }
        if (relay != null) {
            if (relay.accept(chunk)) {
                passed();
            } else {
                reject("first_byte");
            }
        } else if (errorBody.length() + chunk.length() <= LONGEST_ERROR) {
            errorBody.appendBuffer(chunk);
        } else {
            running().cancel();
            refused();
        }
    }

    @Override
    public void ended() {
        if (relay == null) {
            refused();
            return;
        }
        var missing = relay.end();
        if (missing.isPresent()) {
            next(
                    missing.get(),
                    true,
                    missing.get() instanceof GatewayError.UpstreamInterrupted ? "cut" : "empty");
            return;
        }
        passed();
        finish();
        listener.answered();
    }

    @Override
    public void failed(GatewayError error, String failure) {
        if (answer != null && !isGood(answer)) {
            // The status alone says what it was; its body may be cut.
            refused();
        } else {
            next(error, running().reachedUpstream(), failure);
        }
    }

    private void reject(String failure) {
        running().cancel();
        next(new GatewayError.UpstreamInvalidAnswer(), true, failure);
    }

    /// Upstream has answered with an error, which is read as far as it is worth reading.
    private void refused() {
        if (answer == null || revision == null) {
            throw new IllegalStateException("there is no answer");
        }
        if (answer.statusCode() == 401) {
            gateway.revisions().refused(revision);
        }
        next(
                UpstreamErrors.of(
                        answer.statusCode(),
                        answer.headers(),
                        errorBody.getBytes(),
                        revision.settings().apiKey(),
                        gateway.clock()),
                true,
                "status");
    }

    /// The attempt is over and was none; what follows is the retry policy's to say.
    private void next(GatewayError error, boolean sent, String failure) {
        endRetry();
        slot.failed(error);
        if (pass != null) {
            pass.failed(error);
            pass = null;
        }
        switch (gateway.retries().next(error, sent, left())) {
            case GiveUp(var spent) -> fail(error, failure, spent);
            case Again(var wait) -> {
                effort = effort.retry();
                retrying = true;
                slot.stepOut();
                timer =
                        context.owner()
                                .setTimer(
                                        Math.max(1, wait.toMillis()),
                                        _ -> {
                                            timer = -1;
                                            slot.stepIn();
                                            begin();
                                        });
            }
            case OtherRevision() -> lookForOtherRevision(error, failure);
            case OtherModel() -> {
                fallback = nextModel().orElseThrow();
                effort = effort.fallback();
                begin();
            }
        }
    }

    private Left left() {
        var repeatable =
                (asked.json() != null || !asked.hasBody()) && (relay == null || !relay.begun());
        return new Left(
                repeatable,
                request.method().name().equals("GET"),
                retriesByItself() ? Claim.NONE : slot.claim(),
                effort,
                !moved,
                nextModel().isPresent(),
                timeLeft());
    }

    /// Whether the caller's SDK is trying again by itself, as those of OpenAI say. An upstream with
    /// too much to do is left to that: each of its tries would be three upstream.
    private boolean retriesByItself() {
        var count = request.getHeader("x-stainless-retry-count");
        return count != null && !count.equals("0");
    }

    /// @return the first fallback model that was not asked yet, if there may be one at all
    private Optional<String> nextModel() {
        if (revision == null
                || asked.json() == null
                || !asked.endpoint().takesModel()
                || !asked.caller().fallback()) {
            return Optional.empty();
        }
        return revision.settings().fallbackModels().stream()
                .filter(other -> !modelsTried.contains(other))
                .filter(asked.caller().models()::allow)
                .findFirst();
    }

    private void lookForOtherRevision(GatewayError error, String failure) {
        var refused = revision;
        if (refused == null) {
            throw new IllegalStateException("no revision is bound");
        }
        moved = true;
        var _ =
                gateway.revisions()
                        .replacement(refused)
                        .thenAccept(other ->
                                context.runOnContext(_ -> move(refused, other, error, failure)));
    }

    private void move(
            Revision refused, Optional<Revision> other, GatewayError error, String failure) {
        if (over) {
            return;
        }
        other.flatMap(gateway.clients()::tryAcquire)
                .filter(acquired -> isOther(acquired, refused))
                .ifPresentOrElse(this::begin, () -> fail(error, failure, true));
    }

    private static boolean isOther(UpstreamClient acquired, Revision refused) {
        if (acquired.revision().sameContentAs(refused)) {
            acquired.release();
            return false;
        }
        return true;
    }

    private void passed() {
        if (pass != null) {
            pass.answered();
            pass = null;
            slot.answered();
            // Nothing is sent again now.
            asked = asked.withoutBody();
        }
    }

    private void fail(GatewayError error, String failure, boolean spent) {
        if (!over) {
            if (upload != null) {
                upload.stop();
            }
            finish();
            listener.failed(error, failure, spent);
        }
    }

    private void finish() {
        over = true;
        slot.leave();
        if (timer >= 0) {
            context.owner().cancelTimer(timer);
        }
        endRetry();
        gateway.retries().exchangeEnded();
    }

    private void endRetry() {
        if (retrying) {
            retrying = false;
            gateway.retries().retryEnded();
        }
    }

    private static boolean isGood(HttpClientResponse head) {
        return head.statusCode() / 100 == 2;
    }

    private Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startedNanos);
    }

    private Duration timeLeft() {
        return limit.minus(elapsed());
    }

    private Attempt running() {
        if (attempt == null) {
            throw new IllegalStateException("no attempt is under way");
        }
        return attempt;
    }

    /// What an exchange asks of upstream.
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

        Asked withoutBody() {
            return new Asked(
                    caller, endpoint, pathAndQuery, null, true, null, declaredLength, largestBody);
        }
    }

    /// Is told the end.
    interface Listener {

        /// An answer begins to be handed on; what has to be in its head is put there now.
        ///
        /// @param headers the headers of the answer to the caller
        void answering(MultiMap headers);

        /// An answer was handed on to its end.
        void answered();

        /// There is no answer, or the rest of it does not come.
        ///
        /// @param error what the caller is told
        /// @param failure the reason, from a closed list
        /// @param spent whether the gateway's own tries are spent
        void failed(GatewayError error, String failure, boolean spent);
    }
}
