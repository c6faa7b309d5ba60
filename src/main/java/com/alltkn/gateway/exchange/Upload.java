package com.alltkn.gateway.exchange;

import com.alltkn.gateway.upstream.Attempt;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;

/// Passes a caller's body on while it arrives: a slow upstream holds the caller back, and no more
/// than a piece is in memory.
final class Upload {

    private final HttpServerRequest from;
    private final long limit;
    private final Attempt attempt;
    private final Runnable tooLarge;
    private long length;
    private boolean over;

    Upload(HttpServerRequest from, long limit, Attempt attempt, Runnable tooLarge) {
        this.from = from;
        this.limit = limit;
        this.attempt = attempt;
        this.tooLarge = tooLarge;
    }

    void start(HttpClientRequest to) {
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
        length += piece.length();
        if (length > limit) {
            over = true;
            tooLarge.run();
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
        over = true;
        attempt.sentAll();
        to.end();
    }
}
