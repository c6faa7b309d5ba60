package com.alltkn.gateway;

import java.util.concurrent.TimeUnit;

/// Whether a heap is full for good: so full for so long although it was collected again and again.
/// Such a process collects all the time and need never meet an `OutOfMemoryError`. Asked about once
/// a second, less often by a process that collects, by one thread.
final class FullHeap {

    private static final double FULL = 0.95;
    private static final long LASTING = TimeUnit.SECONDS.toNanos(10);

    /// Without, what is in use may be garbage that nobody has needed to collect.
    private static final int COLLECTIONS = 3;

    /// Without, a process that was stopped for a while would seem to have been full meanwhile.
    private static final int READINGS = 4;

    private final double limit;
    private int readings;
    private long since;
    private long collectionsBefore;

    /// @param most how large the heap may become, in bytes
    FullHeap(long most) {
        this.limit = FULL * most;
    }

    /// @param used of the heap, in bytes, garbage included
    /// @param collections how many there were since the process began
    /// @param now in nanoseconds, of a clock that is never set
    boolean isFull(long used, long collections, long now) {
        if (used < limit) {
            readings = 0;
            return false;
        }
        if (readings == 0) {
            since = now;
            collectionsBefore = collections;
        }
        readings++;
        return readings >= READINGS
                && now - since >= LASTING
                && collections - collectionsBefore >= COLLECTIONS;
    }
}
