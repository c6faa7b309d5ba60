package com.alltkn.gateway.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/// When an upstream that only fails is left alone.
@ConfigMapping(prefix = "gateway.upstream.breaker")
public interface BreakerConfig {

    /// @return how many exchanges in a row have to fail, over at least a second, retries not
    ///   counted; 0 for no breaker
    @WithDefault("50")
    int failures();

    /// @return how long callers are refused before one of them tries again
    @WithDefault("5s")
    Duration interval();
}
