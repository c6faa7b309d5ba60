package com.alltkn.gateway.caller;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Does one thing again and again, on a virtual thread of its own, until it is stopped.
final class Rounds {

    private static final Logger LOG = Logger.getLogger(Rounds.class);
    private static final Duration AFTER_A_FAULT = Duration.ofSeconds(10);
    private static final Duration STOP_GRACE = Duration.ofSeconds(2);

    private final String name;
    private final Round round;
    private final Semaphore calls = new Semaphore(0);
    private @Nullable Thread thread;

    /// @param name of the thread
    /// @param round what is done
    Rounds(String name, Round round) {
        this.name = name;
        this.round = round;
    }

    synchronized void start() {
        if (thread == null) {
            thread = Thread.ofVirtual().name(name).start(this::run);
        }
    }

    /// Interrupts the thread and waits for it, shortly. It does not start again.
    synchronized void stop() throws InterruptedException {
        if (thread != null) {
            thread.interrupt();
            if (!thread.join(STOP_GRACE)) {
                LOG.warnf("%s still busy at stop", name);
            }
        }
    }

    /// Ends the pause under way, or the next one if none is.
    void wake() {
        calls.release();
    }

    private void run() {
        try {
            while (true) {
                if (calls.tryAcquire(go().toNanos(), TimeUnit.NANOSECONDS)) {
                    calls.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration go() throws InterruptedException {
        try {
            return round.go();
        } catch (RuntimeException e) {
            // A fault of ours, which must not end what nothing else would begin again. Its message
            // may hold what was read.
            LOG.errorf("%s failed failure=%s", name, e.getClass().getName());
            return AFTER_A_FAULT;
        }
    }

    /// What is done in each round.
    interface Round {

        /// @return how long to pause until the next one
        Duration go() throws InterruptedException;
    }
}
