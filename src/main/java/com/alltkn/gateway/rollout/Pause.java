package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// How the loop waits, passed in so that a test can let an hour pass in no time.
interface Pause {

    /// Waits for a time, or until somebody wakes it.
    ///
    /// @param time how long
    /// @throws InterruptedException if the thread is asked to stop
    void await(Duration time) throws InterruptedException;

    /// Ends the pause under way, or the next one if none is. Any number of calls count as one.
    void wake();

    /// Waits by the system's clock.
    ///
    /// @return a pause
    static Pause real() {
        return new Pause() {

            private final Semaphore calls = new Semaphore(0);

            @Override
            public void await(Duration time) throws InterruptedException {
                if (calls.tryAcquire(time.toNanos(), TimeUnit.NANOSECONDS)) {
                    calls.drainPermits();
                }
            }

            @Override
            public void wake() {
                calls.release();
            }
        };
    }
}
