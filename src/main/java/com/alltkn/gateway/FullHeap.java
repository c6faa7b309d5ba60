package com.alltkn.gateway;

/// Whether a heap is full for good: so full for so long although it was collected again and again.
/// Such a process collects all the time and need never meet an `OutOfMemoryError`. Asked once a
/// second, by one thread.
final class FullHeap {

    private static final double FULL = 0.95;
    private static final int SECONDS = 10;

    /// Without, what is in use may be garbage that nobody has needed to collect.
    private static final int COLLECTIONS = 3;

    private final double limit;
    private int seconds;
    private long collectionsBefore;

    /// @param most how large the heap may become, in bytes
    FullHeap(long most) {
        this.limit = FULL * most;
    }

    /// @param used of the heap, in bytes, garbage included
    /// @param collections how many there were since the process began
    boolean isFull(long used, long collections) {
        if (used < limit) {
            seconds = 0;
            return false;
        }
        if (seconds == 0) {
            collectionsBefore = collections;
        }
        seconds++;
        return seconds > SECONDS && collections - collectionsBefore >= COLLECTIONS;
    }
}
