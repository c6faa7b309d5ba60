package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.openai.BodyBytes;
import com.alltkn.gateway.openai.BodyReading;
import com.alltkn.gateway.openai.RequestReader;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Reads bodies that would hold an event loop for too long, each on a virtual thread of its own.
/// Half of the processors at most are busy with them, and half of the time: where there is only one
/// processor an event loop would else wait for it at each of its steps. After each block it is
/// another body's turn, so that none waits for another to be read to its end.
public final class LargeBodies {

    /// A pause is no longer, however long a block took.
    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(2);

    private final Semaphore turns;

    /// With as many at once as there are processors to spare.
    public LargeBodies() {
        this(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    }

    /// @param atOnce how many are read at the same moment
    LargeBodies(int atOnce) {
        turns = new Semaphore(atOnce, true);
    }

    /// @param body a body, which must not change any more
    /// @return whether an event loop must not be bothered with it
    static boolean isLarge(BodyBytes body) {
        return body.length() > BodyBytes.BLOCK;
    }

    /// Reads a body.
    ///
    /// @param wanted asked after each block whether anybody still waits
    /// @param done is told what came of it, on the virtual thread
    void read(BodyBytes body, BooleanSupplier wanted, Consumer<BodyReading> done) {
        var _ =
                Thread.ofVirtual()
                        .name("large-body")
                        .start(() -> {
                            BodyReading reading;
                            turns.acquireUninterruptibly();
                            try {
                                reading = RequestReader.read(body, new Turn(wanted)::next);
                            } finally {
                                turns.release();
                            }
                            done.accept(reading);
                        });
    }

    /// @return how many wait for their turn
    int waiting() {
        return turns.getQueueLength();
    }

    /// The time that the reading of one body takes of a processor at once.
    private final class Turn {

        private final BooleanSupplier wanted;
        private long since = System.nanoTime();

        Turn(BooleanSupplier wanted) {
            this.wanted = wanted;
        }

        /// Ends one turn and waits for the next.
        boolean next() {
            LockSupport.parkNanos(Math.min(System.nanoTime() - since, LONGEST_PAUSE));
            turns.release();
            turns.acquireUninterruptibly();
            since = System.nanoTime();
            return wanted.getAsBoolean();
        }
    }
}
