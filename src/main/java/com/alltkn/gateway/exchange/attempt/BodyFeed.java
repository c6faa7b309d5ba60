package com.alltkn.gateway.exchange.attempt;

import com.alltkn.gateway.upstream.Attempt;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import java.util.Iterator;
import java.util.List;

/// Passes a large body that is in memory on, block by block and no faster than upstream takes it:
/// in one write it would be copied as a whole. For one event loop.
final class BodyFeed {

    private final Attempt attempt;
    private final Iterator<Buffer> rest;
    private boolean over;

    /// @param body the body in order
    BodyFeed(Attempt attempt, List<Buffer> body) {
        this.attempt = attempt;
        this.rest = body.iterator();
    }

    void start(HttpClientRequest to) {
        while (!over && rest.hasNext()) {
            attempt.sending();
            to.write(rest.next());
            if (to.writeQueueFull()) {
                to.drainHandler(_ -> start(to));
                return;
            }
        }
        if (!over) {
            over = true;
            attempt.sentAll();
            to.end();
        }
    }

    /// Passes no more of it on.
    void stop() {
        over = true;
    }
}
