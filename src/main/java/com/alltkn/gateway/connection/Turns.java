package com.alltkn.gateway.connection;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/// Lets strangers take turns on one event loop: a few between two looks at what has come on all of
/// its connections. However many of them ask, a caller waits for those few only, and what callers
/// leave of the loop's time is theirs.
///
/// The first request of a connection goes before those of strangers who were answered already, for
/// it may be the one with a valid credential. For the event loop alone.
final class Turns {

    /// What may be done in a round, as [#cost] counts: about a millisecond.
    private static final int ROUND = 16;

    private static final int BYTES_AT_ONE = 4 * 1024;

    private final EventLoop loop;
    private final Queue<IntSupplier> newcomers = new ArrayDeque<>();
    private final Queue<IntSupplier> others = new ArrayDeque<>();
    private int left = ROUND;
    private boolean scheduled;

    Turns(EventLoop loop) {
        this.loop = loop;
    }

    /// @param bytes how many bytes were decoded in a turn
    /// @return what that costs
    static int cost(int bytes) {
        return bytes == 0 ? 0 : 1 + bytes / BYTES_AT_ONE;
    }

    /// @return whether it is anybody's turn who comes now
    boolean isFree(boolean newcomer) {
        return left > 0 && newcomers.isEmpty() && (newcomer || others.isEmpty());
    }

    /// Tells of a turn that was taken because it was free.
    void taken(int cost) {
        if (cost > 0) {
            left -= cost;
            schedule();
        }
    }

    /// Waits for a turn.
    ///
    /// @param turn is run when it comes, and says what it cost
    void await(boolean newcomer, IntSupplier turn) {
        (newcomer ? newcomers : others).add(turn);
        schedule();
    }

    /// A scheduled task is looked for once after each look at the connections, others until there
    /// are none.
    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            var _ = loop.schedule(this::round, 0, TimeUnit.NANOSECONDS);
        }
    }

    private void round() {
        scheduled = false;
        left = ROUND;
        take(newcomers);
        // Newcomers without end keep nobody waiting for ever.
        left = Math.max(1, left);
        take(others);
        if (!newcomers.isEmpty() || !others.isEmpty()) {
            schedule();
        }
    }

    /// Whoever asks again in its turn waits for another round.
    private void take(Queue<IntSupplier> waiting) {
        for (var count = waiting.size(); count > 0 && left > 0; count--) {
            left -= waiting.remove().getAsInt();
        }
    }
}
