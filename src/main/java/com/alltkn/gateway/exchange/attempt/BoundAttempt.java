package com.alltkn.gateway.exchange.attempt;

import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.answer.AnswerKind;
import com.alltkn.gateway.exchange.answer.AnswerTaps;
import com.alltkn.gateway.exchange.answer.Relay;
import com.alltkn.gateway.exchange.request.Asked;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.secret.SecretMask;
import com.alltkn.gateway.upstream.Attempt;
import com.alltkn.gateway.upstream.AttemptClocks;
import com.alltkn.gateway.upstream.ConnectionShares;
import com.alltkn.gateway.upstream.UpstreamClient;
import com.alltkn.gateway.upstream.UpstreamErrors;
import com.alltkn.gateway.upstream.UpstreamRequest;
import com.alltkn.gateway.upstream.UpstreamRequest.Body;
import com.alltkn.gateway.upstream.UpstreamRequest.Reuse;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One attempt with the revision and the model it binds: sends the caller's request, understands
/// the answer if it is an error, and hands it on if it is good. Tells its listener the end, once;
/// after [#cancel()] it tells nothing.
final class BoundAttempt implements Attempt.Listener, Relay.Source {

    /// As much of an error answer as is read to understand it.
    private static final int LONGEST_ERROR = 16 * 1024;

    private final AskUpstream step;
    private final Arrival arrival;
    private final Revision revision;
    private final SecretMask mask;
    private final Endpoint endpoint;
    private final @Nullable String model;
    private final boolean streamAsked;
    private final boolean usageAdded;
    private final String caller;
    private final Listener listener;
    private final Attempt attempt;
    private final Buffer errorBody = Buffer.buffer();

    private @Nullable Upload upload;
    private @Nullable BodyFeed feed;
    private @Nullable HttpClientResponse answer;
    private @Nullable Relay relay;
    private @Nullable Duration timeToFirstByte;

    /// Prepares it.
    ///
    /// @param step what every attempt needs
    /// @param asked what is asked of upstream
    /// @param model which model is asked; null leaves what the caller wrote
    /// @param client an acquired client; the attempt releases it
    /// @param share of the connections to upstream; the attempt gives it back
    /// @param reuse which connection it may go on
    /// @param clocks how long it may take
    /// @param listener who is told
    BoundAttempt(
            AskUpstream step,
            Asked asked,
            @Nullable String model,
            UpstreamClient client,
            ConnectionShares.Share share,
            Reuse reuse,
            AttemptClocks clocks,
            Listener listener) {
        this.step = step;
        this.arrival = asked.arrival();
        this.revision = client.revision();
        this.mask = client.mask();
        this.endpoint = asked.endpoint();
        this.model = model;
        this.streamAsked = asked.streamed();
        this.usageAdded = asked.addsUsage(step.config());
        this.caller = asked.caller().id();
        this.listener = listener;
        this.attempt =
                new Attempt(
                        arrival.context(),
                        client,
                        share,
                        request(asked, reuse),
                        clocks,
                        arrival.nanos(),
                        this);
    }

    void start() {
        attempt.start();
    }

    void cancel() {
        stopSending();
        attempt.cancel();
        close();
    }

    /// @return the answer that is being handed on, if one has begun to come
    @Nullable Relay relay() {
        return relay;
    }

    /// @return upstream's own id of it
    Optional<String> upstreamRequestId() {
        return Optional.ofNullable(answer).map(head -> head.getHeader("x-request-id"));
    }

    /// @return from the request's arrival to the first byte of the answer's body
    Optional<Duration> timeToFirstByte() {
        return Optional.ofNullable(timeToFirstByte);
    }

    /// @return the length of the body passed on so far; empty if none is
    OptionalLong uploaded() {
        return upload == null ? OptionalLong.empty() : OptionalLong.of(upload.length());
    }

    private UpstreamRequest request(Asked asked, Reuse reuse) {
        var request = arrival.request();
        return new UpstreamRequest(
                request.method().name(),
                asked.pathAndQuery(),
                request.headers(),
                body(asked),
                reuse);
    }

    private Body body(Asked asked) {
        return switch (asked.body()) {
            case Asked.Json(var json) -> {
                var pieces = json.edited(model, usageAdded, asked.outputCap());
                yield pieces.size() == 1
                        ? new Body.Whole(pieces.getFirst())
                        : new Body.Streamed(
                                OptionalLong.of(pieces.stream().mapToLong(Buffer::length).sum()),
                                to -> feed(pieces, to));
            }
            case Asked.Upload what ->
                    new Body.Streamed(what.declared(), to -> upload(what, asked.caller().id(), to));
            case Asked.Nothing() -> {
                arrival.request().resume();
                yield new Body.Empty();
            }
            case Asked.Gone() -> throw new IllegalStateException("nothing is sent again");
        };
    }

    private void feed(List<Buffer> pieces, HttpClientRequest to) {
        feed = new BodyFeed(attempt, pieces);
        feed.start(to);
    }

    private void upload(Asked.Upload what, String caller, HttpClientRequest to) {
        upload =
                new Upload(
                        arrival.request(),
                        what.largest(),
                        step.bodies().room(caller),
                        step.longestPause(),
                        what.ahead(),
                        attempt,
                        arrival.context().owner(),
                        error ->
                                giveUp(
                                        error,
                                        error instanceof GatewayError.BodyTooSlow
                                                ? "body_stalled"
                                                : ErrorShape.of(error).errorClass()));
        upload.start(to);
    }

    private void stopSending() {
        if (upload != null) {
            upload.stop();
        }
        if (feed != null) {
            feed.stop();
        }
    }

    @Override
    public @Nullable UpstreamRequest again() {
        var asked = listener.again();
        return asked == null ? null : request(asked, Reuse.NONE);
    }

    @Override
    public void answered(HttpClientResponse head) {
        answer = head;
        stopSending();
        if (!isGood(head)) {
            return;
        }
        if (!AnswerKind.isReadable(head)) {
            reject("coding");
            return;
        }
        AnswerKind.of(endpoint, streamAsked, head)
                .ifPresentOrElse(kind -> relay = relay(kind, head), () -> reject("content_type"));
    }

    private Relay relay(AnswerKind kind, HttpClientResponse head) {
        var closeDelimited =
                head.getHeader(HttpHeaders.CONTENT_LENGTH) == null
                        && head.getHeader(HttpHeaders.TRANSFER_ENCODING) == null;
        return new Relay(
                this,
                kind,
                AnswerTaps.of(kind, endpoint.streamEnd(), usageAdded, closeDelimited, mask),
                step.answers().part(caller),
                head,
                arrival.request().response(),
                listener::answering);
    }

    @Override
    public void pause() {
        attempt.pause();
    }

    @Override
    public void resume() {
        attempt.resume();
    }

    @Override
    public void received(Buffer chunk) {
        if (timeToFirstByte == null) {
            timeToFirstByte = arrival.elapsed();
            if (relay != null && holdsError(chunk)) {
                // It is read like any other error, and nothing of it is handed on.
                relay = null;
            }
        }
        if (relay != null) {
            if (relay.accept(chunk)) {
                listener.passed();
            } else {
                reject("first_byte");
            }
        } else if (errorBody.length() + chunk.length() <= LONGEST_ERROR) {
            errorBody.appendBuffer(chunk);
        } else {
            attempt.cancel();
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
            fail(
                    missing.get(),
                    true,
                    missing.get() instanceof GatewayError.UpstreamInterrupted ? "cut" : "empty");
            return;
        }
        close();
        listener.passed();
        listener.answered();
    }

    @Override
    public void failed(GatewayError error, String failure) {
        if (answer != null && !isGood(answer)) {
            // The status alone says what it was; its body may be cut.
            refused();
        } else {
            fail(error, attempt.reachedUpstream(), failure);
        }
    }

    /// Whether an answer that should hold a completion begins with an error instead.
    private boolean holdsError(Buffer chunk) {
        return switch (endpoint) {
            case CREATE_CHAT_COMPLETION, CREATE_COMPLETION, CREATE_EMBEDDINGS ->
                    UpstreamErrors.beginsWithError(chunk);
            default -> false;
        };
    }

    private void reject(String failure) {
        giveUp(new GatewayError.UpstreamInvalidAnswer(), failure);
    }

    private void giveUp(GatewayError error, String failure) {
        attempt.cancel();
        fail(error, true, failure);
    }

    /// Upstream has answered with an error, which is read as far as it is worth reading.
    private void refused() {
        if (answer == null) {
            throw new IllegalStateException("there is no answer");
        }
        var error =
                UpstreamErrors.of(
                        answer.statusCode(),
                        answer.headers(),
                        errorBody.getBytes(),
                        mask,
                        step.clock());
        if (UpstreamErrors.refusesKey(answer.statusCode(), error)) {
            step.revisions()
                    .refused(revision, endpoint == Endpoint.CREATE_CHAT_COMPLETION ? model : null);
        }
        fail(error, true, "status");
    }

    private void fail(GatewayError error, boolean sent, String failure) {
        stopSending();
        close();
        listener.failed(error, sent, failure);
    }

    private void close() {
        if (relay != null) {
            relay.close();
        }
    }

    private static boolean isGood(HttpClientResponse head) {
        return head.statusCode() / 100 == 2;
    }

    /// Is told what becomes of it.
    interface Listener {

        /// An idle connection has lost the request, so that upstream has not seen it or not said
        /// so. It may be sent anew.
        ///
        /// @return what is asked; null if it may not be
        @Nullable Asked again();

        /// The answer begins to be handed on; what has to be in its head is put there now.
        ///
        /// @param headers the headers of the answer to the caller
        void answering(MultiMap headers);

        /// A piece of a good answer is here, perhaps not yet handed on: nothing is sent again.
        void passed();

        /// The answer was handed on to its end.
        void answered();

        /// There is no answer, or the rest of it does not come.
        ///
        /// @param error what went wrong
        /// @param sent whether any of the request may have reached upstream
        /// @param failure the reason, from a closed list
        void failed(GatewayError error, boolean sent, String failure);
    }
}
