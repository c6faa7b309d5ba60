package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.exchange.request.CallerMemory;
import com.alltkn.gateway.exchange.request.ExchangeConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/// The memory that answers take together while they are read along: open lines of events, the ends
/// of JSON, what waits for its rest. Past its bound an answer goes on untouched, but less of it is
/// read.
@Singleton
public final class AnswerMemory extends CallerMemory {

    /// What an answer may hold in any case: enough to see how it ends.
    static final int OWN = 4 * 1024;

    /// More than one answer ever holds.
    static final int LARGEST = 96 * 1024;

    private static final int HEAP_PART = 16;

    /// @param config how much there is
    @Inject
    AnswerMemory(ExchangeConfig config) {
        super(
                config.maxAnswerMemory()
                        .map(size -> size.asLongValue())
                        .orElseGet(() -> Runtime.getRuntime().maxMemory() / HEAP_PART),
                LARGEST);
    }

    /// @param caller whose answer it is
    /// @return the part of one answer, which holds nothing yet
    public Part part(String caller) {
        return new Part(caller);
    }

    /// What one answer holds. For one thread at a time.
    public final class Part {

        private final String caller;
        private @Nullable Room room;
        private int own;
        private int more;

        private Part(String caller) {
            this.caller = caller;
        }

        /// Counts what the answer holds now. A little of it stays counted until the end, so that an
        /// event does not count each time.
        ///
        /// @return whether it may; if not, it has to let go of all but [AnswerMemory#OWN]
        boolean holds(int bytes) {
            if (bytes > own && own < OWN) {
                var now = Math.min(bytes, OWN);
                count(now - own);
                own = now;
            }
            return isCounted(Math.max(0, bytes - OWN));
        }

        /// Gives all of it back; once more does nothing.
        void giveBack() {
            if (own > 0) {
                count(-own);
                own = 0;
            }
            if (room != null) {
                room.giveBack();
                more = 0;
            }
        }

        private boolean isCounted(int wanted) {
            if (wanted <= more) {
                if (room != null && more - wanted > OWN) {
                    room.giveBack(more - wanted);
                    more = wanted;
                }
                return true;
            }
            if (room == null) {
                room = room(caller);
            }
            if (!room.take(wanted - more)) {
                return false;
            }
            more = wanted;
            return true;
        }
    }
}
