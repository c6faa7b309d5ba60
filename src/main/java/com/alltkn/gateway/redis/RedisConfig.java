package com.alltkn.gateway.redis;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// How the gateway deals with Redis; where it is stands in `quarkus.redis`.
@ConfigMapping(prefix = "gateway.redis")
public interface RedisConfig {

    /// @return how long an answer may take before the pod decides by itself
    @WithDefault("20ms")
    Duration deadline();

    /// @return a file with nothing but the password; without one, `quarkus.redis.password` or none
    Optional<Path> passwordFile();

    /// @return how many pods share a limit, as long as Redis never told
    @WithDefault("3")
    int assumedPods();
}
