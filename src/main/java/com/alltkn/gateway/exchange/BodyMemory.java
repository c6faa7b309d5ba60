package com.alltkn.gateway.exchange;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Bounds the memory that callers' bodies take from their first byte until nothing can ask for them
/// again. One caller gets half of it at most, so that the others always find room.
final class BodyMemory {

    private final long most;
    private final long mostPerCaller;
    private final AtomicLong held = new AtomicLong();
    private final Map<String, AtomicLong> heldByCaller = new ConcurrentHashMap<>();

    BodyMemory(ExchangeConfig config) {
        var largest = config.maxBodySize().asLongValue();
        var wanted =
                config.maxBodyMemory()
                        .map(size -> size.asLongValue())
                        .orElseGet(
                                () -> Math.max(Runtime.getRuntime().maxMemory() / 4, 2 * largest));
        most = Math.max(wanted, largest);
        mostPerCaller = Math.max(most / 2, largest);
    }

    /// @param caller whose body it is
    /// @return room for a body, nothing of it taken yet
    Room room(String caller) {
        return new Room(heldByCaller.computeIfAbsent(caller, _ -> new AtomicLong()));
    }

    /// @return the bytes of all bodies
    long held() {
        return held.get();
    }

    private static boolean add(AtomicLong sum, long bytes, long most) {
        if (sum.addAndGet(bytes) <= most) {
            return true;
        }
        sum.addAndGet(-bytes);
        return false;
    }

    /// What one body takes. For one thread at a time.
    final class Room {

        private final AtomicLong heldByCaller;
        private long bytes;

        private Room(AtomicLong heldByCaller) {
            this.heldByCaller = heldByCaller;
        }

        /// @return whether there is room for so many bytes more; if not, none are taken
        boolean take(long more) {
            if (!add(heldByCaller, more, mostPerCaller)) {
                return false;
            }
            if (!add(held, more, most)) {
                heldByCaller.addAndGet(-more);
                return false;
            }
            bytes += more;
            return true;
        }

        /// Gives all of it back; once more does nothing.
        void giveBack() {
            held.addAndGet(-bytes);
            heldByCaller.addAndGet(-bytes);
            bytes = 0;
        }
    }
}
