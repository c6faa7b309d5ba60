package com.alltkn.gateway.exchange;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.upstream.Attempt;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Passes a caller's body on while it arrives: a slow upstream holds the caller back, and no more
/// than a piece is in memory.
final class Upload {

    private static final Duration NEVER = Duration.ofNanos(Long.MAX_VALUE / 2);

    private final HttpServerRequest from;
    private final long limit;
    private final Attempt attempt;
    private final @Nullable ReadAhead ahead;
    private final Consumer<GatewayError> refused;
    private final StallWatch watch;
    private long length;
    private boolean over;

    /// @param longestPause how long the caller may pause
    /// @param ahead what was read of the body already, if anything was
    /// @param refused is told why the body may not be passed on to its end
    Upload(
            HttpServerRequest from,
            long limit,
            Duration longestPause,
            @Nullable ReadAhead ahead,
            Attempt attempt,
            Vertx vertx,
            Consumer<GatewayError> refused) {
        this.from = from;
        this.limit = limit;
        this.ahead = ahead;
        this.attempt = attempt;
        this.refused = refused;
        // How long it may take in all is the attempt's to say.
        this.watch =
                new StallWatch(
                        vertx, longestPause, NEVER, () -> refuse(new GatewayError.BodyTooSlow()));
    }

    void start(HttpClientRequest to) {
        from.handler(piece -> received(piece, to));
        from.endHandler(_ -> ended(to));
        watch.start();
        if (ahead != null) {
            for (var piece : ahead.bytes()) {
                pass(piece, to);
            }
        }
        if (!to.writeQueueFull()) {
            from.resume();
        }
    }

    /// Passes no more of the caller's body on; what still comes is thrown away.
    void stop() {
        end();
        from.resume();
    }

    long length() {
        return length;
    }

    private void received(Buffer piece, HttpClientRequest to) {
        if (over) {
            return;
        }
        watch.moved();
        if (ahead != null) {
            // More only comes once upstream has taken what was read ahead.
            ahead.letGo();
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
            watch.held();
            from.pause();
            to.drainHandler(_ -> {
                attempt.sending();
                watch.moved();
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
        end();
        attempt.sentAll();
        to.end();
    }

    private void refuse(GatewayError error) {
        end();
        refused.accept(error);
    }

    private void end() {
        over = true;
        watch.stop();
    }
}
