package com.alltkn.gateway.exchange.request;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Bounds the memory that callers' bodies take from their first byte until nothing can ask for them
/// again, and divides it so that another caller always finds room:
///
/// - one caller takes half of what the others leave at most, so that the next one finds as much as
///   it took;
/// - a largest body is never too large for a caller who holds nothing else, if it fits at all;
/// - the last eighth is left to callers who hold hardly anything, however many greedy ones there
///   are.
///
/// Safe for use by several threads, without a lock: two who ask at the same moment may both be told
/// that there is no room, but never both that there is.
@Singleton
public final class BodyMemory {

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

    /// @param config how much there is
    @Inject
    BodyMemory(ExchangeConfig config) {
        largest = config.maxBodySize().asLongValue();
        // Two largest bodies beside what is reserved.
        var least = 2 * largest * RESERVED_PART / (RESERVED_PART - 1) + 1;
        var wanted =
                config.maxBodyMemory()
                        .map(size -> size.asLongValue())
                        .orElseGet(() -> Runtime.getRuntime().maxMemory() / 4);
        most = Math.max(wanted, least);
        mostOfMuch = most - most / RESERVED_PART;
        little = most / LITTLE_PART;
    }

    /// @param caller whose body it is
    /// @return room for a body, nothing of it taken yet
    public Room room(String caller) {
        return new Room(caller);
    }

    /// @return the bytes of all bodies
    public long held() {
        return held.get();
    }

    /// @return how many callers hold any
    int holders() {
        return heldByCaller.size();
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

    /// What one body takes. For one thread at a time.
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

        private void giveBack(long part) {
            bytes -= part;
            held.addAndGet(-part);
            add(caller, -part);
        }
    }
}
