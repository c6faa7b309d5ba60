package com.alltkn.gateway.rollout;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/// When a candidate that carries a share of the exchanges has shown enough.
@ConfigMapping(prefix = "gateway.rollout.canary")
public interface CanaryConfig {

    /// Exchanges that the candidate has to carry before it is promoted.
    ///
    /// @return how many
    @WithDefault("100")
    int minimumExchanges();

    /// Callers that a fault has to meet before it counts, and whose exchanges the candidate has to
    /// carry before it is promoted; all of them where the gateway knows fewer.
    ///
    /// @return how many
    @WithDefault("3")
    int minimumCallers();

    /// After this time the candidate is promoted with fewer exchanges, too, unless it is worse.
    ///
    /// @return the time
    @WithDefault("30m")
    Duration maximumDuration();
}
