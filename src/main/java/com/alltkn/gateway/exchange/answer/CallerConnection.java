package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.connection.Connections;
import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.UserTexts;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.openai.ErrorEnvelope;
import io.netty.channel.ChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.Optional;

/// Tells a caller of errors: as a status with the envelope before the first byte of an answer, as
/// an event within a stream. What is left of a body that was not read is thrown away, so that the
/// caller gets to read the error; a long rest ends the connection, and so does one that does not
/// come.
public final class CallerConnection {

    private static final long LONGEST_REST = 1024 * 1024;

    /// Long enough for the answer to be read, short enough that a silent caller holds nothing.
    private static final Duration LINGER = Duration.ofSeconds(2);

    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");

    private final HttpServerRequest request;
    private final String requestId;
    private final Vertx vertx;
    private final UserTexts texts;
    private final Connections connections;
    private final Duration longestRest;

    /// @param arrival the caller's request
    /// @param texts the texts for users
    /// @param connections know why one was closed
    /// @param longestRest how long what is left of a request is waited for behind its answer
    public CallerConnection(
            Arrival arrival, UserTexts texts, Connections connections, Duration longestRest) {
        this.request = arrival.request();
        this.requestId = arrival.requestId();
        this.vertx = arrival.context().owner();
        this.texts = texts;
        this.connections = connections;
        this.longestRest = longestRest;
    }

    /// Answers with an error; nothing has been written yet.
    ///
    /// @param error what went wrong
    /// @param shape how to say it, which may be more than the error alone
    /// @return the length of the body written, in bytes
    public int answer(GatewayError error, ErrorShape shape) {
        var response = request.response();
        var body = envelope(shape).write(userMessage(error), requestId);
        response.setStatusCode(shape.status());
        var headers = response.headers();
        headers.set(HttpHeaders.CONTENT_TYPE, JSON);
        headers.set(REQUEST_ID, requestId);
        shape.retryAfter().ifPresent(wait -> writeWait(wait));
        shape.shouldRetry()
                .ifPresent(retry -> headers.set("x-should-retry", Boolean.toString(retry)));
        if (error instanceof GatewayError.MethodNotAllowed(_, var allowed)) {
            headers.set(HttpHeaders.ALLOW, String.join(", ", allowed.stream().sorted().toList()));
        }
        end(Buffer.buffer(body));
        return body.length;
    }

    /// Answers with JSON of the gateway's own; nothing has been written yet.
    ///
    /// @return the length of the body written, in bytes
    public int answer(byte[] json) {
        request.response().headers().set(HttpHeaders.CONTENT_TYPE, JSON);
        end(Buffer.buffer(json));
        return json.length;
    }

    /// Makes the event that tells of an error within a stream.
    ///
    /// @param error what went wrong
    /// @return the event with its blank line
    public Buffer event(GatewayError error) {
        var shape = ErrorShape.of(error);
        return Buffer.buffer(envelope(shape).event(userMessage(error), requestId));
    }

    /// Breaks off an answer that has begun, so that nobody takes it for whole: chunks and a length
    /// tell that by themselves, and where only the end of the connection ends the answer, a reset
    /// does. It is the connection that is closed and not the response, for only then is everybody
    /// told who waits for the response's end.
    public void cut() {
        if (request.version() == HttpVersion.HTTP_1_0
                && !request.response().headers().contains(HttpHeaders.CONTENT_LENGTH)
                && request.connection() instanceof ConnectionBase connection) {
            connection.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        }
        request.connection().close();
    }

    /// Closes the connection if only its end can tell that the answer has one, or if it has to be
    /// the last: what is left of a body is read first, else the caller could miss the answer.
    ///
    /// @param relayed whether the answer is upstream's, of which HTTP/1.0 may know no length
    /// @param last whether no further request is taken
    public void finish(boolean relayed, boolean last) {
        var endless = request.version() == HttpVersion.HTTP_1_0 && relayed;
        if (endless || (last && request.isEnded())) {
            request.connection().close();
        }
    }

    /// Throws the rest of an upload away that was answered early, but not for ever.
    public void throwRestAway() {
        if (request.isEnded()) {
            return;
        }
        var rest = vertx.setTimer(longestRest.toMillis(), _ -> request.connection().close());
        request.endHandler(_ -> vertx.cancelTimer(rest));
        // Else the timer would hold all of this long after its connection has gone.
        request.exceptionHandler(_ -> vertx.cancelTimer(rest));
    }

    /// @return whether the gateway has closed it, for nobody read what was answered
    public boolean closedUnread() {
        return connections.closedUnread(request);
    }

    private static ErrorEnvelope envelope(ErrorShape shape) {
        return new ErrorEnvelope(shape.message(), shape.type(), shape.param(), shape.code());
    }

    private String userMessage(GatewayError error) {
        return texts.textOf(
                error, Optional.ofNullable(request.getHeader(HttpHeaders.ACCEPT_LANGUAGE)));
    }

    private void writeWait(Duration wait) {
        var headers = request.response().headers();
        var seconds = wait.plusMillis(999).toSeconds();
        headers.set(HttpHeaders.RETRY_AFTER, Long.toString(seconds));
        headers.set("retry-after-ms", Long.toString(wait.toMillis()));
    }

    private void end(Buffer body) {
        var response = request.response();
        if (request.isEnded()) {
            response.end(body);
            return;
        }
        var connection = request.connection();
        var linger = vertx.setTimer(LINGER.toMillis(), _ -> connection.close());
        request.handler(_ -> {});
        if (restIsShort()) {
            request.endHandler(_ -> vertx.cancelTimer(linger));
        } else {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            request.endHandler(_ -> connection.close());
            request.exceptionHandler(_ -> connection.close());
        }
        response.end(body);
        request.resume();
    }

    /// Whether what the caller has still to send can simply be read and thrown away.
    private boolean restIsShort() {
        var headers = request.headers();
        if (headers.contains(HttpHeaders.TRANSFER_ENCODING)
                || headers.contains(HttpHeaders.EXPECT)) {
            return false;
        }
        var length = headers.get(HttpHeaders.CONTENT_LENGTH);
        return length == null || Long.parseLong(length.strip()) <= LONGEST_REST;
    }
}
