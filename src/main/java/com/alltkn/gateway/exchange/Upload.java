package com.alltkn.gateway.exchange;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.upstream.Attempt;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Passes a caller's body on while it arrives: a slow upstream holds the caller back, and no more
/// than a piece is in memory.
final class Upload {

    private final HttpServerRequest from;
    private final long limit;
    private final Attempt attempt;
    private final @Nullable ReadAhead ahead;
    private final Consumer<GatewayError> refused;
    private long length;
    private boolean over;

    /// @param ahead what was read of the body already, if anything was
    /// @param refused is told why the body may not be passed on to its end
    Upload(
            HttpServerRequest from,
            long limit,
            @Nullable ReadAhead ahead,
            Attempt attempt,
            Consumer<GatewayError> refused) {
        this.from = from;
        this.limit = limit;
        this.ahead = ahead;
        this.attempt = attempt;
        this.refused = refused;
    }

    void start(HttpClientRequest to) {
        if (ahead != null) {
            for (var piece : ahead.take()) {
                pass(piece, to);
            }
        }
        from.handler(piece -> received(piece, to));
        from.endHandler(_ -> ended(to));
        from.resume();
    }

    /// Passes no more of the caller's body on; what still comes is thrown away.
    void stop() {
        over = true;
        from.resume();
    }

    long length() {
        return length;
    }

    private void received(Buffer piece, HttpClientRequest to) {
        if (over) {
            return;
        }
        if (ahead != null) {
            var trouble = ahead.look(piece);
            if (trouble.isPresent()) {
                refuse(trouble.get());
                return;
            }
        }
        pass(piece, to);
    }

    private void pass(Buffer piece, HttpClientRequest to) {
        if (over) {
            return;
        }
        length += piece.length();
        if (length > limit) {
            refuse(new GatewayError.BodyTooLarge(limit));
            return;
        }
        attempt.sending();
        to.write(piece);
        if (to.writeQueueFull()) {
            from.pause();
            to.drainHandler(_ -> {
                attempt.sending();
                from.resume();
            });
        }
    }

    private void ended(HttpClientRequest to) {
        if (over) {
            return;
        }
        if (ahead != null) {
            var trouble = ahead.lookAtEnd();
            if (trouble.isPresent()) {
                refuse(trouble.get());
                return;
            }
        }
        over = true;
        attempt.sentAll();
        to.end();
    }

    private void refuse(GatewayError error) {
        over = true;
        refused.accept(error);
    }
}
