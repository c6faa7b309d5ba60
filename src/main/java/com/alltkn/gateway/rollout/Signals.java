package com.alltkn.gateway.rollout;

import java.util.concurrent.atomic.AtomicBoolean;

/// What other threads tell the loop. Nothing here blocks; each signal ends the loop's pause.
final class Signals {

    private final Pause pause;
    private final AtomicBoolean readWanted = new AtomicBoolean();
    private final AtomicBoolean recovered = new AtomicBoolean();

    Signals(Pause pause) {
        this.pause = pause;
    }

    Pause pause() {
        return pause;
    }

    void wantRead() {
        readWanted.set(true);
        pause.wake();
    }

    boolean takeReadWanted() {
        return readWanted.getAndSet(false);
    }

    void recovered() {
        // Called by every exchange that ends well after a failure: the first is enough.
        if (!recovered.getAndSet(true)) {
            pause.wake();
        }
    }

    boolean takeRecovered() {
        return recovered.getAndSet(false);
    }
}
