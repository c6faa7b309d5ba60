package com.alltkn.gateway.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/// How many exchanges may wait for upstream's first byte at once.
@ConfigMapping(prefix = "gateway.upstream.gate")
public interface GateConfig {

    /// @return how many at the start
    @WithDefault("500")
    int initialLimit();

    /// @return how many in any case
    @WithDefault("20")
    int minLimit();

    /// @return how many at most
    @WithDefault("2000")
    int maxLimit();

    /// @return how long somebody waits who finds no room
    @WithDefault("30ms")
    Duration longestWait();
}
