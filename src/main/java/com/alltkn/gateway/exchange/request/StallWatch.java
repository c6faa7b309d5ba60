package com.alltkn.gateway.exchange.request;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Notices that a body has stopped coming, or takes too long in all. One timer, which is set for
/// what is left of the pause when it goes off too early: none is set for a piece. For one event
/// loop.
public final class StallWatch {

    private final Vertx vertx;
    private final long pause;
    private final long total;
    private final Runnable stalled;
    private final LongSupplier nanoTime;
    private final long begun;
    private long lastMoved;
    private boolean held;
    private long timer = -1;

    /// @param pause the longest pause between two pieces
    /// @param total the longest time in all
    /// @param stalled run once it was longer
    public StallWatch(Vertx vertx, Duration pause, Duration total, Runnable stalled) {
        this(vertx, pause, total, stalled, System::nanoTime);
    }

    /// @param nanoTime the time, as [System#nanoTime()] tells it
    StallWatch(
            Vertx vertx, Duration pause, Duration total, Runnable stalled, LongSupplier nanoTime) {
        this.vertx = vertx;
        this.pause = pause.toNanos();
        this.total = total.toNanos();
        this.stalled = stalled;
        this.nanoTime = nanoTime;
        this.begun = nanoTime.getAsLong();
        this.lastMoved = begun;
    }

    /// Starts the clock.
    public void start() {
        moved();
        schedule();
    }

    /// Tells that a piece has come.
    public void moved() {
        held = false;
        lastMoved = nanoTime.getAsLong();
    }

    /// Tells that nothing can come until [#moved()], for it is not taken.
    public void held() {
        held = true;
    }

    /// Stops the clock.
    public void stop() {
        if (timer >= 0) {
            vertx.cancelTimer(timer);
            timer = -1;
        }
    }

    private void schedule() {
        var wait = TimeUnit.NANOSECONDS.toMillis(left()) + 1;
        timer = vertx.setTimer(Math.max(1, wait), _ -> wentOff());
    }

    private void wentOff() {
        timer = -1;
        if (left() > 0) {
            schedule();
        } else {
            stalled.run();
        }
    }

    /// How long until it is too long, if nothing comes.
    private long left() {
        var now = nanoTime.getAsLong();
        return Math.min(held ? pause : lastMoved + pause - now, begun + total - now);
    }
}
