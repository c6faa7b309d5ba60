package com.alltkn.gateway.rollout.file;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// Where the settings file is.
@ConfigMapping(prefix = "gateway.file")
public interface FileSourceConfig {

    /// A directory with one file per setting, or a file of `NAME=value` lines. Needed where
    /// `gateway.source` is `file`.
    ///
    /// @return the path
    Optional<Path> path();

    /// How often it is looked at.
    ///
    /// @return the interval
    @WithDefault("2s")
    Duration pollInterval();
}
