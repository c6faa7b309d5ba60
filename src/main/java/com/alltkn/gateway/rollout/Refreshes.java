package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/// When the refresh comes that a 401 in traffic asks for. All who ask meanwhile share one. It
/// begins a random part of [#SPREAD] later, for a key dies in all pods at once. While refreshes
/// find nothing, the next is held back for half the poll interval and then for all of it, each ±50
/// %, so that the pods come apart and a dead key costs the source about what polling does.
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

    /// @param atOnce whether every moment counts
    void ask(Instant now, boolean atOnce) {
        if (!isComing() && !now.isBefore(heldBackUntil)) {
            var spread = Math.round(SPREAD.toNanos() * random.nextDouble());
            due = atOnce ? now : now.plusNanos(spread);
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
            var pause = fruitless == 0 ? interval.dividedBy(2) : interval;
            fruitless++;
            var factor = 0.5 + random.nextDouble();
            heldBackUntil = now.plusNanos(Math.round(pause.toNanos() * factor));
        }
    }
}
