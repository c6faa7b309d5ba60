package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/// When the refresh comes that a 401 in traffic asks for. All who ask meanwhile share one. It
/// begins a random part of [#SPREAD] later, for a key dies in all pods at once; while refreshes
/// find nothing, the next is held back for a quarter, half and then the whole of the poll interval,
/// so that a dead key costs Vault no more than polling does.
///
/// For one thread at a time.
final class Refreshes {

    static final Duration SPREAD = Duration.ofSeconds(1);

    private final Duration interval;
    private final RandomGenerator random;
    private Instant due = Instant.MAX;
    private Instant heldBackUntil = Instant.MIN;
    private int fruitless;

    Refreshes(Duration interval, RandomGenerator random) {
        this.interval = interval;
        this.random = random;
    }

    void ask(Instant now) {
        if (due.equals(Instant.MAX) && !now.isBefore(heldBackUntil)) {
            due = now.plusNanos(Math.round(SPREAD.toNanos() * random.nextDouble()));
        }
    }

    boolean isComing() {
        return !due.equals(Instant.MAX);
    }

    boolean isDue(Instant now) {
        return !due.isAfter(now);
    }

    Instant due() {
        return due;
    }

    void done(boolean replaced, Instant now) {
        due = Instant.MAX;
        if (replaced) {
            fruitless = 0;
            heldBackUntil = Instant.MIN;
        } else {
            var pause = interval.dividedBy(4L >> Math.min(fruitless, 2));
            fruitless++;
            var factor = 1 - PollSchedule.SPREAD + 2 * PollSchedule.SPREAD * random.nextDouble();
            heldBackUntil = now.plusNanos(Math.round(pause.toNanos() * factor));
        }
    }
}
