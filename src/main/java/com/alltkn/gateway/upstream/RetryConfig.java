package com.alltkn.gateway.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/// How often and how soon an exchange asks upstream again.
@ConfigMapping(prefix = "gateway.upstream.retry")
public interface RetryConfig {

    /// @return the most retries of one exchange, those on another revision or model not counted; 0
    ///   for none
    @WithDefault("2")
    int maxRetries();

    /// @return the share of the exchanges under way that may be in a retry at any time, waiting for
    ///   it included, in percent
    @WithDefault("20")
    int budgetPercent();

    /// @return how many retries may be under way however few exchanges there are
    @WithDefault("3")
    int minInFlight();

    /// @return the most that is waited before the first retry where upstream names no time; twice
    ///   as much before each further one
    @WithDefault("200ms")
    Duration baseDelay();

    /// @return the longest wait that is taken off a caller; where upstream asks for a longer one,
    ///   the caller is told it instead
    @WithDefault("5s")
    Duration longestWait();
}
