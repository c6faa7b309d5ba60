package com.alltkn.gateway.caller;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// Where the callers are configured.
@ConfigMapping(prefix = "gateway.callers")
public interface CallersConfig {

    /// @return the YAML file that lists the callers
    Optional<Path> file();

    /// @return how often that file is looked at
    @WithDefault("2s")
    Duration pollInterval();

    /// The key of the one caller, `dev`, that exists when there is no file; only the `dev` profile
    /// may set it.
    ///
    /// @return that key
    Optional<String> developmentKey();
}
