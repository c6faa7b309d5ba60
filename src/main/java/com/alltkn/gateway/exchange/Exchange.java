package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.openai.BodyReading.Unreadable;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.JsonRequest;
import com.alltkn.gateway.openai.PathMatch;
import com.alltkn.gateway.openai.RequestKind;
import com.alltkn.gateway.openai.RequestReader;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.upstream.Attempt;
import com.alltkn.gateway.upstream.AttemptClocks;
import com.alltkn.gateway.upstream.RetryPolicy;
import com.alltkn.gateway.upstream.UpstreamClient;
import com.alltkn.gateway.upstream.UpstreamErrors;
import com.alltkn.gateway.upstream.UpstreamRequest;
import com.alltkn.gateway.upstream.UpstreamRequest.Body;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One request of a caller, from its arrival to its settlement, on one event loop. The methods
/// stand in the order of the pipeline: identify the caller, read the request, admit it, attempt,
/// relay, settle. Whatever happens, it settles once.
public final class Exchange implements Attempt.Listener {

    /// The status in the record of a caller who left before there was one.
    private static final int CALLER_GONE = 499;

    /// As much of an error answer as is read to understand it.
    private static final int LONGEST_ERROR = 64 * 1024;

    private static final CharSequence REVISION = HttpHeaders.createOptimized("x-gateway-revision");
    private static final CharSequence MODEL = HttpHeaders.createOptimized("x-gateway-model");

    private final Exchanges gateway;
    private final ContextInternal context;
    private final HttpServerRequest request;
    private final Runnable whenAnswered;
    private final String requestId;
    private final CallerConnection connection;
    private final Instant startedAt;
    private final long startedNanos = System.nanoTime();

    private @Nullable Caller caller;
    private @Nullable Endpoint endpoint;
    private String pathAndQuery = "";
    private @Nullable CallerBody body;
    private @Nullable Upload upload;
    private @Nullable JsonRequest asked;
    private @Nullable String modelUsed;
    private @Nullable Revision revision;
    private @Nullable Attempt attempt;
    private @Nullable HttpClientResponse answer;
    private @Nullable Relay relay;
    private Buffer errorBody = Buffer.buffer();
    private @Nullable Duration timeToFirstByte;
    private int bytesOfError;
    private boolean usageAdded;
    private boolean moved;
    private boolean settled;

    Exchange(
            Exchanges gateway,
            ContextInternal context,
            HttpServerRequest request,
            Runnable whenAnswered) {
        this.gateway = gateway;
        this.context = context;
        this.request = request;
        this.whenAnswered = whenAnswered;
        this.requestId = gateway.newRequestId();
        this.connection =
                new CallerConnection(request, gateway.texts(), requestId, context.owner());
        this.startedAt = gateway.clock().instant();
    }

    /// Begins, unless the caller has gone already; never blocks.
    public void start() {
        if (!settled) {
            identify();
        }
    }

    /// Tells that the caller has gone: whatever is under way is given up.
    public void callerGone() {
        if (settled) {
            return;
        }
        if (body != null) {
            body.abandon();
        }
        stopAttempt();
        settle(Ending.CALLER_GONE, Optional.empty(), Optional.of("caller_gone"));
    }

    private void identify() {
        var credentials = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        if (credentials.size() == 1) {
            caller = gateway.callers().identify(credentials.getFirst()).orElse(null);
        }
        if (caller == null) {
            refuse(new GatewayError.InvalidCredentials());
            return;
        }
        match(caller);
    }

    private void match(Caller caller) {
        var target = RequestTarget.of(request.uri());
        if (target.isEmpty()) {
            refuse(CallerConnection.unknownPath(request));
            return;
        }
        pathAndQuery = target.get().pathAndQuery();
        switch (Endpoint.match(request.method().name(), target.get().path())) {
            case PathMatch.Unknown() -> refuse(CallerConnection.unknownPath(request));
            case PathMatch.MethodNotAllowed(var allowed) ->
                    refuse(new GatewayError.MethodNotAllowed(request.method().name(), allowed));
            case PathMatch.Found(var found) -> {
                endpoint = found;
                if (found.storedObjects() && !caller.storedObjects()) {
                    refuse(new GatewayError.PathNotAllowed(found.label()));
                } else {
                    read(found, caller);
                }
            }
        }
    }

    private void read(Endpoint endpoint, Caller caller) {
        var unsupported = MediaCheck.of(endpoint, request.headers());
        if (unsupported.isPresent()) {
            refuse(unsupported.get());
            return;
        }
        var declared = declaredLength();
        if (endpoint.method().equals("GET") && hasBody(declared)) {
            // It means nothing there, and what servers make of it differs.
            refuse(
                    new GatewayError.InvalidRequest(
                            "this path takes no body", null, "unexpected_body"));
            return;
        }
        var limit =
                endpoint.requestKind() == RequestKind.JSON
                        ? gateway.config().maxBodySize().asLongValue()
                        : gateway.config().maxUploadSize().asLongValue();
        if (declared.isPresent() && declared.getAsLong() > limit) {
            refuse(new GatewayError.BodyTooLarge(limit));
            return;
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        if (endpoint.requestKind() == RequestKind.JSON) {
            body =
                    CallerBody.read(
                            request,
                            gateway.config(),
                            context.owner(),
                            bytes -> understand(bytes, endpoint, caller),
                            this::refuse);
        } else {
            passOn(endpoint, declared);
        }
    }

    private void understand(byte[] bytes, Endpoint endpoint, Caller caller) {
        switch (RequestReader.read(bytes)) {
            case Unreadable(var message, var param, var code) ->
                    refuse(new GatewayError.InvalidRequest(message, param, code));
            case JsonRequest json -> {
                asked = json;
                if (json.namesStoredState() && !caller.storedObjects()) {
                    refuse(
                            new GatewayError.PathNotAllowed(
                                    "previous_response_id, conversation or background"));
                } else {
                    var client = bind();
                    if (client != null) {
                        ask(json, endpoint, client);
                    }
                }
            }
        }
    }

    private void ask(JsonRequest json, Endpoint endpoint, UpstreamClient client) {
        revision = client.revision();
        var settings = client.revision().settings();
        modelUsed = json.model();
        String added = null;
        if (modelUsed == null && endpoint.takesModel()) {
            modelUsed = added = settings.defaultModel();
        }
        usageAdded =
                gateway.upstreamConfig().askForUsage()
                        && json.stream()
                        && endpoint.readsUsageStream()
                        && !json.usageAsked();
        var clocks =
                json.stream()
                        ? AttemptClocks.streamed(gateway.upstreamConfig())
                        : AttemptClocks.atOnce(gateway.upstreamConfig(), settings.requestTimeout());
        var sent = Buffer.buffer(json.edited(added, usageAdded));
        attempt(client, new Body.Whole(sent), clocks);
    }

    private void passOn(Endpoint endpoint, OptionalLong declared) {
        var client = bind();
        if (client == null) {
            return;
        }
        if (hasBody(declared)) {
            attempt(
                    client,
                    new Body.Streamed(declared, to -> upload(to)),
                    AttemptClocks.streamed(gateway.upstreamConfig()));
            return;
        }
        request.resume();
        attempt(
                client,
                new Body.Empty(),
                endpoint.answersJson()
                        ? AttemptClocks.atOnce(
                                gateway.upstreamConfig(),
                                client.revision().settings().requestTimeout())
                        : AttemptClocks.streamed(gateway.upstreamConfig()));
    }

    private @Nullable UpstreamClient bind() {
        var client = gateway.clients().tryAcquire().orElse(null);
        if (client == null) {
            refuse(new GatewayError.NotReady());
            return null;
        }
        revision = client.revision();
        return client;
    }

    private void attempt(UpstreamClient client, Body body, AttemptClocks clocks) {
        attempt =
                new Attempt(
                        context,
                        client,
                        new UpstreamRequest(
                                request.method().name(), pathAndQuery, request.headers(), body),
                        clocks,
                        startedNanos,
                        this);
        attempt.start();
    }

    private void upload(HttpClientRequest to) {
        var limit = gateway.config().maxUploadSize().asLongValue();
        upload =
                new Upload(
                        request,
                        limit,
                        running(),
                        () -> {
                            running().cancel();
                            refuse(new GatewayError.BodyTooLarge(limit));
                        });
        upload.start(to);
    }

    @Override
    public void answered(HttpClientResponse head) {
        answer = head;
        if (upload != null) {
            upload.stop();
        }
        if (head.statusCode() / 100 != 2) {
            return;
        }
        var endpoint = known();
        AnswerKind.of(
                        endpoint,
                        asked != null && asked.stream(),
                        Optional.ofNullable(request.getHeader(HttpHeaders.ACCEPT_ENCODING)),
                        head)
                .ifPresentOrElse(
                        kind -> relay = relay(kind, endpoint, head), () -> reject("content_type"));
    }

    private Relay relay(AnswerKind kind, Endpoint endpoint, HttpClientResponse head) {
        var headers = request.response().headers();
        headers.set("x-request-id", requestId);
        if (gateway.config().revisionHeader() && revision != null) {
            headers.set(REVISION, Long.toString(revision.number()));
        }
        if (modelUsed != null && (asked == null || !modelUsed.equals(asked.model()))) {
            headers.set(MODEL, modelUsed);
        }
        return new Relay(
                running(), kind, endpoint.streamEnd(), usageAdded, head, request.response());
    }

    @Override
    public void received(Buffer chunk) {
        if (timeToFirstByte == null) {
            timeToFirstByte = Duration.ofNanos(System.nanoTime() - startedNanos);
        }
        if (relay != null) {
            if (!relay.accept(chunk)) {
                reject("first_byte");
            }
        } else if (errorBody.length() + chunk.length() <= LONGEST_ERROR) {
            errorBody.appendBuffer(chunk);
        } else {
            running().cancel();
            refusedUpstream();
        }
    }

    @Override
    public void ended() {
        if (relay == null) {
            refusedUpstream();
            return;
        }
        var missing = relay.end();
        if (missing.isPresent()) {
            fail(
                    missing.get(),
                    missing.get() instanceof GatewayError.UpstreamInterrupted ? "cut" : "empty");
            return;
        }
        settle(Ending.ANSWERED, Optional.empty(), Optional.empty());
        finish();
    }

    @Override
    public void failed(GatewayError error, String failure) {
        if (answer != null && relay == null && answer.statusCode() / 100 != 2) {
            // The status alone says what it was; its body may be cut.
            refusedUpstream();
        } else {
            fail(error, failure);
        }
    }

    /// Upstream has refused the attempt, and its error is read as far as it is worth reading. With
    /// a refused key the exchange may move to another revision, once.
    private void refusedUpstream() {
        var bound = revision;
        if (answer != null && bound != null && answer.statusCode() == 401) {
            gateway.revisions().refused(bound);
            var json = asked;
            if (json != null && RetryPolicy.mayMove(answer.statusCode(), moved)) {
                moved = true;
                var _ =
                        gateway.revisions()
                                .replacement(bound)
                                .thenAccept(other ->
                                        context.runOnContext(_ -> move(json, bound, other)));
                return;
            }
        }
        fail(upstreamError(), "status");
    }

    private void move(JsonRequest json, Revision refused, Optional<Revision> other) {
        if (settled) {
            return;
        }
        var client =
                other.flatMap(gateway.clients()::tryAcquire)
                        .filter(acquired -> isOther(acquired, refused));
        if (client.isEmpty()) {
            fail(upstreamError(), "status");
            return;
        }
        answer = null;
        errorBody = Buffer.buffer();
        timeToFirstByte = null;
        ask(json, known(), client.get());
    }

    private static boolean isOther(UpstreamClient acquired, Revision refused) {
        if (acquired.revision().sameContentAs(refused)) {
            acquired.release();
            return false;
        }
        return true;
    }

    private GatewayError upstreamError() {
        if (answer == null || revision == null) {
            return new GatewayError.UpstreamUnreachable();
        }
        return UpstreamErrors.of(
                answer.statusCode(),
                answer.headers(),
                errorBody.getBytes(),
                revision.settings().apiKey(),
                gateway.clock());
    }

    private void reject(String failure) {
        stopAttempt();
        fail(new GatewayError.UpstreamInvalidAnswer(), failure);
    }

    private void refuse(GatewayError error) {
        fail(error, ErrorShape.of(error).errorClass());
    }

    private void fail(GatewayError error, String failure) {
        if (settled) {
            return;
        }
        if (upload != null) {
            upload.stop();
        }
        if (relay != null && relay.begun()) {
            relay.breakOff(connection, error);
        } else {
            if (gateway.config().revisionHeader() && revision != null) {
                request.response().headers().set(REVISION, Long.toString(revision.number()));
            }
            bytesOfError = connection.answer(error);
        }
        settle(ending(error), Optional.of(ErrorShape.of(error).errorClass()), Optional.of(failure));
        finish();
    }

    private static Ending ending(GatewayError error) {
        if (error instanceof GatewayError.UpstreamTimeout) {
            return Ending.TIMED_OUT;
        }
        return ErrorShape.of(error).status() < 500 ? Ending.REFUSED : Ending.FAILED;
    }

    private void stopAttempt() {
        if (attempt != null) {
            attempt.cancel();
        }
    }

    /// Comes after the settlement: to Quarkus REST the end of an answer and of a connection look
    /// alike.
    private void finish() {
        if (request.version() == HttpVersion.HTTP_1_0 && relay != null) {
            // Without chunks only the connection's end tells where the answer ends.
            request.connection().close();
        }
        whenAnswered.run();
    }

    private void settle(Ending ending, Optional<String> error, Optional<String> failure) {
        settled = true;
        var response = request.response();
        var usage = relay == null ? Optional.<Usage>empty() : relay.usage();
        var settlement =
                new Settlement(
                        startedAt,
                        requestId,
                        Optional.ofNullable(caller).map(Caller::id),
                        endpoint == null ? "unknown" : endpoint.label(),
                        endpoint == null ? "unknown" : endpoint.type(),
                        asked != null && asked.stream(),
                        Optional.ofNullable(asked).map(JsonRequest::model),
                        Optional.ofNullable(modelUsed),
                        response.headWritten() ? response.getStatusCode() : CALLER_GONE,
                        ending,
                        error,
                        failure,
                        Duration.ofNanos(System.nanoTime() - startedNanos),
                        Optional.ofNullable(timeToFirstByte),
                        usage,
                        revision == null
                                ? OptionalLong.empty()
                                : OptionalLong.of(revision.number()),
                        Optional.ofNullable(revision).map(Revision::contentId),
                        Optional.ofNullable(revision).map(bound -> bound.settings().keyId()),
                        Optional.ofNullable(answer).map(head -> head.getHeader("x-request-id")),
                        upload != null ? upload.length() : body != null ? body.length() : 0,
                        relay != null && relay.begun() ? relay.written() : bytesOfError,
                        Optional.ofNullable(request.getHeader("traceparent")));
        gateway.listener().settled(settlement);
    }

    private OptionalLong declaredLength() {
        var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length == null
                ? OptionalLong.empty()
                : OptionalLong.of(Long.parseLong(length.strip()));
    }

    private boolean hasBody(OptionalLong declared) {
        return declared.isPresent()
                ? declared.getAsLong() > 0
                : request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null;
    }

    private Attempt running() {
        if (attempt == null) {
            throw new IllegalStateException("no attempt is under way");
        }
        return attempt;
    }

    private Endpoint known() {
        if (endpoint == null) {
            throw new IllegalStateException("the path has not been matched");
        }
        return endpoint;
    }
}
