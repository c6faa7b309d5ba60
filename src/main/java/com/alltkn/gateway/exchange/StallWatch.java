package com.alltkn.gateway.exchange;

import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/// Notices that a body has stopped coming, or takes too long in all. For one event loop.
final class StallWatch {

    private final Vertx vertx;
    private final long pause;
    private final long deadline;
    private final Runnable stalled;
    private boolean moved;
    private long timer = -1;

    /// @param config the longest pause between two pieces, and the longest time in all
    /// @param stalled run once it was longer
    StallWatch(Vertx vertx, ExchangeConfig config, Runnable stalled) {
        this.vertx = vertx;
        this.pause = config.bodyTimeout().toNanos();
        this.deadline = System.nanoTime() + config.bodyTotalTimeout().toNanos();
        this.stalled = stalled;
    }

    void start() {
        moved = false;
        var left = deadline - System.nanoTime();
        var wait = TimeUnit.NANOSECONDS.toMillis(Math.min(pause, left)) + 1;
        timer = vertx.setTimer(Math.max(1, wait), _ -> wentOff());
    }

    /// Tells that a piece has come.
    void moved() {
        moved = true;
    }

    void stop() {
        if (timer >= 0) {
            vertx.cancelTimer(timer);
            timer = -1;
        }
    }

    private void wentOff() {
        timer = -1;
        if (moved && System.nanoTime() - deadline < 0) {
            start();
        } else {
            stalled.run();
        }
    }
}
