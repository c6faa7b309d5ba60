package com.alltkn.gateway.upstream;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// How many requests may be sent anew, because idle connections lost them, beside all retries: ten
/// within any second. More at once are no coincidence but a server that ends, and what follows may
/// be an upstream in trouble. Safe for use by several threads.
final class FreeRepeats {

    private static final int MOST = 10;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoTime;

    /// When the last ones were, the oldest at `next`.
    private final long[] last = new long[MOST];

    private int next;

    /// @param nanoTime the time, as [System#nanoTime()] tells it
    FreeRepeats(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        var now = nanoTime.getAsLong();
        for (var i = 0; i < MOST; i++) {
            last[i] = now - SECOND;
        }
    }

    synchronized boolean tryTake() {
        var now = nanoTime.getAsLong();
        if (now - last[next] < SECOND) {
            return false;
        }
        last[next] = now;
        next = (next + 1) % MOST;
        return true;
    }
}
