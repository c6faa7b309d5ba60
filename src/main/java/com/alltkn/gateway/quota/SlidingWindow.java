package com.alltkn.gateway.quota;

import java.time.Duration;
import java.util.Arrays;

/// How much was taken within the last minute, in slots of a second. A slot counts until all of it
/// is a minute old, so that no minute, wherever it begins, ever holds more than a limit allows.
///
/// Time is a number of nanoseconds that only grows. Not safe for use by several threads.
final class SlidingWindow {

    private static final long SLOT = Duration.ofSeconds(1).toNanos();

    /// How many of them count: a minute, and one more for the slot that is only begun.
    static final int SLOTS = 61;

    private final long[] amounts = new long[SLOTS];
    private long newest = Long.MIN_VALUE / 2;
    private long sum;

    /// @return the slot of a time, to give something back from
    static long slot(long now) {
        return Math.floorDiv(now, SLOT);
    }

    long used(long now) {
        advance(slot(now));
        return sum;
    }

    void take(long now, long amount) {
        advance(slot(now));
        put(newest, amount);
    }

    /// Gives back what was taken in a slot; what has left the window by now is forgotten already.
    void giveBack(long now, long slot, long amount) {
        advance(slot(now));
        if (slot > newest - SLOTS) {
            put(slot, -Math.min(amount, amounts[index(slot)]));
        }
    }

    /// @param room how much has to become free
    /// @return how long until then; zero if it is free now
    Duration untilFree(long now, long limit, long room) {
        advance(slot(now));
        var missing = sum + room - limit;
        for (var slot = newest - SLOTS + 1; missing > 0 && slot <= newest; slot++) {
            missing -= amounts[index(slot)];
            if (missing <= 0) {
                return Duration.ofNanos((slot + SLOTS) * SLOT - now);
            }
        }
        return Duration.ZERO;
    }

    /// @return how long until nothing of what was taken counts any more
    Duration untilEmpty(long now) {
        return untilFree(now, sum, sum);
    }

    private void advance(long slot) {
        if (slot - newest >= SLOTS) {
            Arrays.fill(amounts, 0);
            sum = 0;
            newest = slot;
        }
        while (newest < slot) {
            newest++;
            sum -= amounts[index(newest)];
            amounts[index(newest)] = 0;
        }
    }

    private void put(long slot, long amount) {
        amounts[index(slot)] += amount;
        sum += amount;
    }

    private static int index(long slot) {
        return Math.floorMod(slot, SLOTS);
    }
}
