package com.alltkn.gateway.exchange.request;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Memory that callers take together, bounded, and divided so that another caller always finds
/// room:
///
/// - one caller takes half of what the others leave at most, so that the next one finds as much as
///   it took;
/// - a largest piece is never too large for a caller who holds nothing else, if it fits at all;
/// - the last eighth is left to callers who hold hardly anything, however many greedy ones there
///   are.
///
/// Safe for use by several threads, without a lock: two who ask at the same moment may both be told
/// that there is no room, but never both that there is.
public abstract class CallerMemory {

    /// This part is left to callers with little.
    private static final int RESERVED_PART = 8;

    /// Who holds no more than this part has little: sixteen of them find room in what is left to
    /// them.
    private static final int LITTLE_PART = 128;

    private final long largest;
    private final long most;
    private final long mostOfMuch;
    private final long little;
    private final AtomicLong held = new AtomicLong();
    private final Map<String, Long> heldByCaller = new ConcurrentHashMap<>();

    /// @param wanted how much there is to be
    /// @param largest the largest piece; there is room for two of them in any case
    protected CallerMemory(long wanted, long largest) {
        this.largest = largest;
        // Two of the largest beside what is reserved.
        var least = 2 * largest * RESERVED_PART / (RESERVED_PART - 1) + 1;
        most = Math.max(wanted, least);
        mostOfMuch = most - most / RESERVED_PART;
        little = most / LITTLE_PART;
    }

    /// @param caller who takes it
    /// @return room of which nothing is taken yet
    public final Room room(String caller) {
        return new Room(caller);
    }

    /// @return the bytes that all callers take
    public final long held() {
        return held.get();
    }

    /// @return how many callers hold any
    public final int holders() {
        return heldByCaller.size();
    }

    /// @return how much there is, in bytes
    public final long most() {
        return most;
    }

    /// Counts what is taken in any case: it is part of the sum, and of no caller's part.
    protected final void count(long bytes) {
        held.addAndGet(bytes);
    }

    private boolean fits(long all, long own) {
        if (own <= little) {
            return all <= most;
        }
        var spared = mostOfMuch - (all - own);
        return own <= Math.min(spared, Math.max(spared / 2, largest));
    }

    private long add(String caller, long bytes) {
        var now =
                heldByCaller.compute(
                        caller,
                        (_, before) -> {
                            var sum = (before == null ? 0 : before) + bytes;
                            return sum == 0 ? null : sum;
                        });
        return now == null ? 0 : now;
    }

    /// What is taken for one thing. For one thread at a time.
    public final class Room {

        private final String caller;
        private long bytes;

        private Room(String caller) {
            this.caller = caller;
        }

        /// @return whether there is room for so many bytes more; if not, none are taken
        public boolean take(long more) {
            if (more == 0) {
                return true;
            }
            bytes += more;
            if (fits(held.addAndGet(more), add(caller, more))) {
                return true;
            }
            giveBack(more);
            return false;
        }

        /// Gives all of it back; once more does nothing.
        public void giveBack() {
            if (bytes > 0) {
                giveBack(bytes);
            }
        }

        /// Gives a part of it back.
        public void giveBack(long part) {
            bytes -= part;
            held.addAndGet(-part);
            add(caller, -part);
        }
    }
}
