package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// When a source is read next. Three rules:
///
/// - while there is no revision, about every [#STARTING], whatever happens: a gateway that waits
///   for Vault has one within 5 s after it answers, and asks at most 30 times a minute;
/// - while all is well, at the source's own interval;
/// - after failures in a row, the interval doubles up to [#MAX_BACK_OFF] times itself.
///
/// Every pause is spread by ±20 %, so that pods started together do not go on asking together.
final class PollSchedule {

    static final Duration STARTING = Duration.ofMillis(2500);
    static final int MAX_BACK_OFF = 4;
    static final double SPREAD = 0.2;

    private final Duration interval;
    private final RandomGenerator random;
    private int failuresInARow;

    PollSchedule(Duration interval, RandomGenerator random) {
        this.interval = interval;
        this.random = random;
    }

    Duration next(boolean hasRevision, boolean answered) {
        failuresInARow = answered ? 0 : Math.min(failuresInARow + 1, MAX_BACK_OFF);
        return spread(hasRevision ? interval.multipliedBy(backOff()) : atMost(STARTING, interval));
    }

    // The first failure costs nothing: a single lost packet must not delay a new revision.
    private int backOff() {
        return failuresInARow <= 1 ? 1 : Math.min(MAX_BACK_OFF, 1 << (failuresInARow - 1));
    }

    private Duration spread(Duration pause) {
        var factor = 1 - SPREAD + 2 * SPREAD * random.nextDouble();
        return Duration.ofNanos(Math.round(pause.toNanos() * factor));
    }

    private static Duration atMost(Duration limit, Duration wanted) {
        return wanted.compareTo(limit) < 0 ? wanted : limit;
    }
}
