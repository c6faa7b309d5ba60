package com.alltkn.gateway.quota;

import java.time.Duration;
import java.util.Optional;

/// Where a caller stands with its limits and budgets.
///
/// @param requests of requests within a minute; empty if not limited
/// @param tokens of input and output tokens within a minute; empty if not limited
/// @param concurrent exchanges under way
/// @param daily tokens used and reserved today
/// @param monthly tokens used and reserved this month
/// @param ownShare whether these are this pod's own share and count, for what all pods share cannot
///   be reached or not be trusted
public record Standing(
        Optional<Rate> requests,
        Optional<Rate> tokens,
        long concurrent,
        long daily,
        long monthly,
        boolean ownShare) {

    /// @return the same, as this pod's own share
    Standing asOwnShare() {
        return new Standing(requests, tokens, concurrent, daily, monthly, true);
    }

    /// Where a caller stands with one rate.
    ///
    /// @param limit the most within a minute
    /// @param remaining how much is left of it
    /// @param reset how long until all of it is there again
    public record Rate(long limit, long remaining, Duration reset) {}
}
