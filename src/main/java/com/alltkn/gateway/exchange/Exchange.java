package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Identity;
import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.Exchanges.Closing;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.openai.BodyBytes;
import com.alltkn.gateway.openai.BodyReading;
import com.alltkn.gateway.openai.BodyReading.Unreadable;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.JsonRequest;
import com.alltkn.gateway.openai.MultipartModel;
import com.alltkn.gateway.openai.PathMatch;
import com.alltkn.gateway.openai.RequestKind;
import com.alltkn.gateway.openai.RequestReader;
import com.alltkn.gateway.quota.Admission;
import com.alltkn.gateway.quota.Demand;
import com.alltkn.gateway.quota.UsageReport;
import com.alltkn.gateway.upstream.UpstreamGate;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// One request of a caller, from its arrival to its settlement, on one event loop. The methods
/// stand in the order of the pipeline: identify the caller, read the request, admit it, attempt,
/// relay, settle. Whatever happens, it settles once.
public final class Exchange implements Attempts.Listener {

    private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
    private static final CharSequence REVISION = HttpHeaders.createOptimized("x-gateway-revision");

    private final Exchanges gateway;
    private final ContextInternal context;
    private final HttpServerRequest request;
    private final Runnable whenAnswered;
    private final Arrival arrival;
    private final CallerConnection connection;
    private final SettlementDraft draft;

    private String pathAndQuery = "";
    private @Nullable CallerBody body;
    private @Nullable ReadAhead ahead;
    private @Nullable Attempts attempts;
    private UpstreamGate.@Nullable Ticket ticket;
    private long patience;
    private boolean crowded;
    private boolean last;

    /// Read by the thread of a large body, too.
    private volatile boolean settled;

    Exchange(
            Exchanges gateway,
            ContextInternal context,
            HttpServerRequest request,
            Runnable whenAnswered) {
        this.gateway = gateway;
        this.context = context;
        this.request = request;
        this.whenAnswered = whenAnswered;
        this.arrival =
                new Arrival(
                        context,
                        request,
                        gateway.newRequestId(),
                        gateway.clock().instant(),
                        System.nanoTime());
        this.connection =
                new CallerConnection(
                        request, gateway.texts(), arrival.requestId(), context.owner());
        this.draft = new SettlementDraft(arrival);
    }

    /// Begins, unless the caller has gone already; never blocks.
    public void start() {
        if (settled) {
            return;
        }
        if (gateway.closing() == Closing.OVER) {
            refuse(new GatewayError.ShuttingDown());
        } else {
            identify();
        }
    }

    /// Tells that the caller has gone: whatever is under way is given up.
    public void callerGone() {
        if (settled) {
            return;
        }
        abandon();
        settle(
                Ending.CALLER_GONE,
                Optional.empty(),
                Optional.of(
                        gateway.connections().closedUnread(request)
                                ? "answer_unread"
                                : "caller_gone"));
    }

    /// Ends what is under way, for the gateway ends. Any thread may call it.
    void breakOff() {
        context.runOnContext(_ -> {
            if (settled) {
                return;
            }
            abandon();
            refuse(new GatewayError.ShuttingDown());
        });
    }

    private void abandon() {
        if (body != null) {
            body.abandon();
        }
        if (ahead != null) {
            ahead.abandon();
        }
        if (ticket != null && ticket.tryGiveUp()) {
            ticket = null;
            context.owner().cancelTimer(patience);
        }
        if (attempts != null) {
            attempts.cancel();
        }
    }

    private void identify() {
        var credentials = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        if (credentials.size() == 1) {
            identified(gateway.identification().identify(credentials.getFirst()));
        } else {
            refuse(new GatewayError.InvalidCredentials());
        }
    }

    private void identified(Identity identity) {
        switch (identity) {
            case Identity.Known(var known) -> {
                draft.identified(known);
                if (known.blocked()) {
                    refuse(new GatewayError.CallerBlocked());
                } else if (gateway.connections().belongs(request, known.id())) {
                    match(known);
                } else {
                    crowded = true;
                    refuse(new GatewayError.Overloaded());
                }
            }
            case Identity.Nobody() -> refuse(new GatewayError.InvalidCredentials());
            case Identity.Uncheckable() -> refuse(new GatewayError.TokensUncheckable());
            case Identity.Pending(var later) -> {
                var _ =
                        later.thenAccept(found ->
                                context.runOnContext(_ -> {
                                    if (!settled) {
                                        identified(found);
                                    }
                                }));
            }
        }
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
                draft.matched(found);
                if (found == Endpoint.GET_USAGE) {
                    tellUsage(caller);
                } else if (found.storedObjects() && !caller.storedObjects()) {
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
        var limit = largestBody(endpoint, caller);
        if (declared.isPresent() && declared.getAsLong() > limit) {
            refuse(new GatewayError.BodyTooLarge(limit));
            return;
        }
        if (request.version() == HttpVersion.HTTP_1_1
                && "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        if (endpoint.requestKind() == RequestKind.JSON) {
            body =
                    CallerBody.read(
                            request,
                            declared.orElse(Long.MAX_VALUE),
                            limit,
                            gateway.bodies().room(caller.id()),
                            gateway.config(),
                            context.owner(),
                            bytes -> read(bytes, endpoint, caller),
                            this::refuse);
        } else if (endpoint.namesModelInPart() && !caller.models().allowAll()) {
            readAhead(endpoint, caller, declared, limit);
        } else {
            admit(upload(endpoint, caller, null, declared, limit), Demand.NOTHING);
        }
    }

    private void readAhead(Endpoint endpoint, Caller caller, OptionalLong declared, long limit) {
        var reader = MultipartModel.of(request.getHeader(HttpHeaders.CONTENT_TYPE));
        if (reader.isEmpty()) {
            refuse(unreadable(MultipartModel.unclearBoundary()));
            return;
        }
        ahead =
                new ReadAhead(
                        request,
                        reader.get(),
                        gateway.bodies().room(caller.id()),
                        gateway.config(),
                        context.owner(),
                        model -> {
                            draft.named(model);
                            if (caller.models().allow(model)) {
                                admit(
                                        upload(endpoint, caller, ahead, declared, limit),
                                        Demand.NOTHING);
                            } else {
                                refuse(new GatewayError.ModelNotAllowed(model));
                            }
                        },
                        this::refuse);
        ahead.start();
    }

    private Asked upload(
            Endpoint endpoint,
            Caller caller,
            @Nullable ReadAhead ahead,
            OptionalLong declared,
            long limit) {
        return new Asked(
                caller, endpoint, pathAndQuery, null, hasBody(declared), ahead, declared, limit);
    }

    private void read(BodyBytes bytes, Endpoint endpoint, Caller caller) {
        if (LargeBodies.isLarge(bytes)) {
            gateway.largeBodies()
                    .read(
                            bytes,
                            () -> !settled,
                            reading ->
                                    context.runOnContext(_ -> {
                                        if (!settled) {
                                            understand(reading, endpoint, caller);
                                        }
                                    }));
        } else {
            understand(RequestReader.read(bytes), endpoint, caller);
        }
    }

    private void understand(BodyReading reading, Endpoint endpoint, Caller caller) {
        switch (reading) {
            case Unreadable unreadable -> refuse(unreadable(unreadable));
            case JsonRequest read -> {
                draft.understood(read);
                var refused = JsonCheck.of(read, endpoint, caller);
                if (refused.isPresent()) {
                    refuse(refused.get());
                    return;
                }
                var asked =
                        new Asked(
                                caller,
                                endpoint,
                                pathAndQuery,
                                read,
                                false,
                                null,
                                OptionalLong.empty(),
                                read.length());
                admit(asked, Demand.of(read, endpoint, caller.limits().outputTokens()));
            }
        }
    }

    private static GatewayError unreadable(Unreadable body) {
        return new GatewayError.InvalidRequest(body.message(), body.param(), body.code());
    }

    private long largestBody(Endpoint endpoint, Caller caller) {
        var most =
                endpoint.requestKind() == RequestKind.JSON
                        ? gateway.config().maxBodySize()
                        : gateway.config().maxUploadSize();
        return Math.min(most.asLongValue(), caller.limits().requestBytes().orElse(Long.MAX_VALUE));
    }

    private void admit(Asked asked, Demand demand) {
        gateway.quotas()
                .admit(asked.caller(), demand, admission -> admitted(admission, asked, demand));
    }

    private void admitted(Admission admission, Asked asked, Demand demand) {
        switch (admission) {
            case Admission.Admitted(var taken) -> {
                if (settled) {
                    taken.release();
                    return;
                }
                draft.reserved(taken, demand);
                enter(asked);
            }
            case Admission.Refused(var error, var now) -> {
                draft.stands(now);
                refuse(error);
            }
        }
    }

    private void enter(Asked asked) {
        switch (gateway.gate()
                .enter(
                        asked.caller().id(),
                        slot -> context.runOnContext(_ -> called(asked, slot)))) {
            case UpstreamGate.Slot slot -> attempt(asked, slot);
            case UpstreamGate.Full() -> refuse(new GatewayError.Overloaded());
            case UpstreamGate.Ticket waiting -> {
                ticket = waiting;
                patience =
                        context.owner()
                                .setTimer(
                                        waiting.patience(gateway.gateConfig().longestWait())
                                                .toMillis(),
                                        _ -> {
                                            if (waiting.tryGiveUp()) {
                                                ticket = null;
                                                refuse(new GatewayError.Overloaded());
                                            }
                                        });
            }
        }
    }

    private void called(Asked asked, UpstreamGate.Slot slot) {
        ticket = null;
        context.owner().cancelTimer(patience);
        if (settled) {
            slot.leave();
        } else {
            attempt(asked, slot);
        }
    }

    private void attempt(Asked asked, UpstreamGate.Slot slot) {
        attempts = new Attempts(gateway, arrival, asked, slot, this);
        attempts.start();
    }

    private void tellUsage(Caller caller) {
        request.resume();
        gateway.quotas()
                .standing(
                        caller,
                        now -> {
                            if (settled) {
                                return;
                            }
                            draft.stands(now);
                            answering(request.response().headers());
                            draft.wrote(connection.answer(UsageReport.of(caller, now)));
                            answered();
                        });
    }

    @Override
    public void answering(MultiMap headers) {
        // Nothing is sent again now.
        letGoOfBody();
        headers.set(REQUEST_ID, arrival.requestId());
        writeRevision(headers);
        writeLast(headers);
        var limits = draft.standing();
        var caller = draft.caller();
        if (limits == null && caller != null) {
            limits = gateway.quotas().lastKnown(caller);
        }
        if (limits != null) {
            RateLimitHeaders.write(limits, headers);
        }
    }

    @Override
    public void answered() {
        settle(Ending.ANSWERED, Optional.empty(), Optional.empty());
        finish();
        if (attempts != null && !request.isEnded()) {
            // An upload that was answered early: its rest is thrown away, but not for ever.
            var vertx = context.owner();
            var rest =
                    vertx.setTimer(
                            gateway.config().bodyTotalTimeout().toMillis(),
                            _ -> request.connection().close());
            request.endHandler(_ -> vertx.cancelTimer(rest));
            // Else the timer would hold all of this long after its connection has gone.
            request.exceptionHandler(_ -> vertx.cancelTimer(rest));
        }
    }

    @Override
    public void failed(GatewayError error, String failure, boolean spent) {
        var shape = ErrorShape.of(error);
        fail(error, spent ? shape.triedEnough() : shape, failure);
    }

    /// Ends the exchange with an error that needs no look at it.
    ///
    /// @param error what is wrong with the request
    void refuse(GatewayError error) {
        var shape = ErrorShape.of(error);
        fail(error, shape, shape.errorClass());
    }

    private void fail(GatewayError error, ErrorShape shape, String failure) {
        if (settled) {
            return;
        }
        var relay = attempts == null ? null : attempts.relay();
        if (relay != null && relay.begun()) {
            relay.breakOff(connection, error);
        } else {
            answering(request.response().headers());
            draft.wrote(connection.answer(error, shape));
        }
        settle(Ending.of(error, shape), Optional.of(shape.errorClass()), Optional.of(failure));
        finish();
    }

    private void writeRevision(MultiMap headers) {
        var revision = attempts == null ? null : attempts.revision();
        if (gateway.config().revisionHeader() && revision != null) {
            headers.set(REVISION, Long.toString(revision.number()));
        }
    }

    /// While the gateway ends, or where there is no room for the connection, an answer ends its
    /// connection, if its head can say so still: a caller who was not told may have sent the next
    /// request already.
    private void writeLast(MultiMap headers) {
        last = crowded || gateway.closing() != Closing.NOT_YET;
        if (last) {
            headers.set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
    }

    /// Comes after the settlement: to Quarkus REST the end of an answer and of a connection look
    /// alike.
    private void finish() {
        // Without chunks only the connection's end tells where the answer ends.
        var endless =
                request.version() == HttpVersion.HTTP_1_0
                        && attempts != null
                        && attempts.relay() != null;
        // What is left of a body is read first, else the caller could miss the answer.
        if (endless || (last && request.isEnded())) {
            request.connection().close();
        }
        whenAnswered.run();
    }

    private void settle(Ending ending, Optional<String> error, Optional<String> failure) {
        settled = true;
        letGoOfBody();
        gateway.settled(
                this,
                draft.settle(ending, error, failure, attempts, body == null ? 0 : body.length()));
    }

    private void letGoOfBody() {
        if (body != null) {
            body.letGo();
        }
        if (ahead != null) {
            ahead.letGo();
        }
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
}
