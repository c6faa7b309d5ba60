package com.alltkn.gateway.connection;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/// Lets those who ask take turns on one event loop: of each line a few between two looks at what
/// has come on all connections. However many requests one of them sends at once, everybody else
/// waits for those few only; and what others leave of the loop's time is its own, so that nobody
/// waits where nobody else asks. For the event loop alone.
final class Turns {

    /// What a line may do between two looks: about a millisecond, if it asks for nothing but
    /// refusals.
    private static final int ROUND = 16;

    private final EventLoop loop;
    private final Line newcomers = new Line();
    private final Line strangers = new Line();

    /// Those that had a turn since the last look.
    private final Queue<Line> used = new ArrayDeque<>();

    /// Those of whom somebody waits.
    private final Queue<Line> waiting = new ArrayDeque<>();

    private final Runnable looked = this::looked;
    private final Runnable round = this::round;
    private boolean scheduled;

    Turns(EventLoop loop) {
        this.loop = loop;
    }

    /// @return one more line
    Line line() {
        return new Line();
    }

    /// The lines of connections that have shown no valid credential.
    ///
    /// @param isNew whether it has had no answer yet: its first request may be the one with a valid
    ///   credential, and does not stand behind those of strangers who were answered already
    Line ofStrangers(boolean isNew) {
        return isNew ? newcomers : strangers;
    }

    /// Runs as a task, which comes after a look at the connections.
    private void looked() {
        for (var line = used.poll(); line != null; line = used.poll()) {
            line.taken = 0;
        }
    }

    /// Runs as a scheduled task: between two looks the loop fetches those once only.
    private void round() {
        scheduled = false;
        for (var count = waiting.size(); count > 0; count--) {
            waiting.remove().take();
        }
    }

    /// Those who wait for each other: the connections of one caller, or of strangers.
    final class Line {

        private final Queue<IntSupplier> turns = new ArrayDeque<>();
        private int taken;
        private boolean isWaiting;

        /// @return whether it is the turn of whoever comes now
        boolean isFree() {
            return taken < ROUND && turns.isEmpty();
        }

        /// Tells of a turn.
        ///
        /// @param cost 1 for a request
        void taken(int cost) {
            if (taken == 0 && cost > 0) {
                if (used.isEmpty()) {
                    loop.execute(looked);
                }
                used.add(this);
            }
            taken += cost;
        }

        /// Waits for a turn.
        ///
        /// @param turn is run when it comes, and says what it cost
        void await(IntSupplier turn) {
            turns.add(turn);
            queue();
        }

        /// Whoever asks again in its turn waits for another round.
        private void take() {
            isWaiting = false;
            for (var count = turns.size(); count > 0 && taken < ROUND; count--) {
                taken(turns.remove().getAsInt());
            }
            if (!turns.isEmpty()) {
                queue();
            }
        }

        private void queue() {
            if (!isWaiting) {
                isWaiting = true;
                waiting.add(this);
            }
            if (!scheduled) {
                scheduled = true;
                var _ = loop.schedule(round, 0, TimeUnit.NANOSECONDS);
            }
        }
    }
}
