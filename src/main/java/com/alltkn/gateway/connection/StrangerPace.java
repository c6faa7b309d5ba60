package com.alltkn.gateway.connection;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/// How soon strangers who have been answered once get to ask again, on one event loop. Each answer
/// takes its time from callers, and thousands of strangers who ask as fast as they are refused
/// would take all of it. Where few of them ask, none waits; the first request of a connection never
/// does, for it may be the one with the valid credential.
final class StrangerPace {

    /// As many as may ask without a pause.
    private static final int MOST_AT_ONCE = 100;

    /// Together with the interval 500 a second: about a twentieth of an event loop's time.
    private static final int PER_ROUND = 5;

    private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(10);

    private final EventLoop loop;
    private final LongSupplier nanoTime;
    private final Queue<BooleanSupplier> waiting = new ArrayDeque<>();
    private long allowed = MOST_AT_ONCE;
    private long since;

    /// @param nanoTime the time, as [System#nanoTime()] tells it
    StrangerPace(EventLoop loop, LongSupplier nanoTime) {
        this.loop = loop;
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    /// Takes a turn as soon as there is one, never at once. On the event loop only.
    ///
    /// @param turn tells whether there was any use for it; if not, it is another's
    void await(BooleanSupplier turn) {
        waiting.add(turn);
        if (waiting.size() == 1) {
            loop.execute(this::round);
        }
    }

    private void round() {
        var rounds = (nanoTime.getAsLong() - since) / INTERVAL;
        since += rounds * INTERVAL;
        allowed = Math.min(MOST_AT_ONCE, allowed + rounds * PER_ROUND);
        // One that asks again while it has its turn waits for another round.
        for (var left = waiting.size(); left > 0 && allowed > 0; left--) {
            if (waiting.remove().getAsBoolean()) {
                allowed--;
            }
        }
        if (waiting.isEmpty() || loop.isShuttingDown()) {
            return;
        }
        if (allowed > 0) {
            loop.execute(this::round);
        } else {
            var _ = loop.schedule(this::round, INTERVAL, TimeUnit.NANOSECONDS);
        }
    }
}
