package com.alltkn.gateway.laboratory;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Something that a script waits for and a test opens, or the other way round.
public final class Gate {

    private final CountDownLatch latch = new CountDownLatch(1);

    public void open() {
        latch.countDown();
    }

    /// Whether it was opened within the time.
    public boolean await(Duration limit) throws InterruptedException {
        return latch.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    void await() throws InterruptedException {
        latch.await();
    }
}
