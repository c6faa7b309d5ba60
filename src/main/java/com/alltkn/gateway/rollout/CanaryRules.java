package com.alltkn.gateway.rollout;

import java.time.Duration;

/// When a canary has shown enough.
///
/// @param minimumExchanges as many has the candidate to carry
/// @param minimumCallers for as many callers, at most
/// @param maximumDuration after it fewer are enough
/// @param callers how many there can be
record CanaryRules(
        int minimumExchanges, int minimumCallers, Duration maximumDuration, KnownCallers callers) {

    CanaryRules {
        if (minimumExchanges < 1 || minimumCallers < 1 || maximumDuration.isNegative()) {
            throw new IllegalArgumentException(
                    "gateway.rollout.canary: minimum-exchanges and minimum-callers must be at"
                            + " least 1, maximum-duration not negative");
        }
    }

    static CanaryRules of(CanaryConfig config, KnownCallers callers) {
        return new CanaryRules(
                config.minimumExchanges(),
                config.minimumCallers(),
                config.maximumDuration(),
                callers);
    }

    /// @return how many callers have to be there
    int callersNeeded() {
        return Math.max(1, Math.min(minimumCallers, callers.count()));
    }
}
