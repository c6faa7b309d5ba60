package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.Step;
import com.alltkn.gateway.exchange.step.Turn;
import com.alltkn.gateway.openai.BodyBytes;
import com.alltkn.gateway.openai.BodyReading;
import com.alltkn.gateway.openai.BodyReading.Unreadable;
import com.alltkn.gateway.openai.JsonRequest;
import com.alltkn.gateway.openai.MultipartModel;
import com.alltkn.gateway.openai.RequestKind;
import com.alltkn.gateway.openai.RequestReader;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.OptionalLong;

/// Reads what is asked: JSON as a whole, of an upload no more than names its model to a caller who
/// may not use every model.
///
/// @param config how large a body may be, and how slow
/// @param bodies the memory for them
/// @param largeBodies reads what would hold the event loop
public record ReadRequest(ExchangeConfig config, BodyMemory bodies, LargeBodies largeBodies)
        implements Step<Matched, Asked> {

    @Override
    public void take(Matched matched, Turn<Asked> turn) {
        var request = matched.arrival().request();
        var endpoint = matched.endpoint();
        var unsupported = MediaCheck.of(endpoint, request.headers());
        if (unsupported.isPresent()) {
            turn.refuse(unsupported.get());
            return;
        }
        var declared = declaredLength(request);
        if (endpoint.method().equals("GET") && hasBody(request, declared)) {
            // It means nothing there, and what servers make of it differs.
            turn.refuse(
                    new GatewayError.InvalidRequest(
                            "this path takes no body", null, "unexpected_body"));
            return;
        }
        var largest = largestBody(matched);
        if (declared.isPresent() && declared.getAsLong() > largest) {
            turn.refuse(new GatewayError.BodyTooLarge(largest));
            return;
        }
        if (request.version() == HttpVersion.HTTP_1_1
                && "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        if (endpoint.requestKind() == RequestKind.JSON) {
            readJson(matched, declared, largest, turn);
        } else if (endpoint.namesModelInPart() && !matched.caller().models().allowAll()) {
            readAhead(matched, declared, largest, turn);
        } else if (hasBody(request, declared)) {
            turn.go(Asked.upload(matched, declared, largest));
        } else {
            turn.go(Asked.withoutBody(matched));
        }
    }

    private void readJson(Matched matched, OptionalLong declared, long largest, Turn<Asked> turn) {
        var body =
                new CallerBody(
                        matched.arrival(),
                        declared.orElse(Long.MAX_VALUE),
                        largest,
                        bodies.room(matched.caller().id()),
                        config);
        var reading = new Reading(matched, body);
        turn.reached(reading);
        turn.underWay(body);
        body.start(bytes -> read(bytes, reading, turn), turn::refuse);
    }

    private void read(BodyBytes bytes, Reading from, Turn<Asked> turn) {
        if (LargeBodies.isLarge(bytes)) {
            largeBodies.read(
                    bytes,
                    () -> !turn.isOver(),
                    reading -> turn.later(() -> understand(reading, from, turn)));
        } else {
            understand(RequestReader.read(bytes), from, turn);
        }
    }

    private static void understand(BodyReading reading, Reading from, Turn<Asked> turn) {
        switch (reading) {
            case Unreadable unreadable -> turn.refuse(error(unreadable));
            case JsonRequest json -> turn.go(Asked.json(from, json));
        }
    }

    private void readAhead(Matched matched, OptionalLong declared, long largest, Turn<Asked> turn) {
        var reader =
                MultipartModel.of(matched.arrival().request().getHeader(HttpHeaders.CONTENT_TYPE));
        if (reader.isEmpty()) {
            turn.refuse(error(MultipartModel.unclearBoundary()));
            return;
        }
        var ahead =
                new ReadAhead(
                        matched.arrival(),
                        reader.get(),
                        bodies.room(matched.caller().id()),
                        config);
        var reading = new Reading(matched, ahead);
        turn.reached(reading);
        turn.underWay(ahead);
        ahead.start(
                model -> turn.go(Asked.upload(reading, ahead, model, declared, largest)),
                turn::refuse);
    }

    private long largestBody(Matched matched) {
        var most =
                matched.endpoint().requestKind() == RequestKind.JSON
                        ? config.maxBodySize()
                        : config.maxUploadSize();
        return Math.min(
                most.asLongValue(),
                matched.caller().limits().requestBytes().orElse(Long.MAX_VALUE));
    }

    private static GatewayError error(Unreadable body) {
        return new GatewayError.InvalidRequest(body.message(), body.param(), body.code());
    }

    private static OptionalLong declaredLength(HttpServerRequest request) {
        var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length == null
                ? OptionalLong.empty()
                : OptionalLong.of(Long.parseLong(length.strip()));
    }

    private static boolean hasBody(HttpServerRequest request, OptionalLong declared) {
        return declared.isPresent()
                ? declared.getAsLong() > 0
                : request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null;
    }
}
