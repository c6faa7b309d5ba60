package com.alltkn.gateway.caller;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/// Where the callers are configured.
@ConfigMapping(prefix = "gateway.callers")
public interface CallersConfig {

    /// @return the YAML file that lists the callers
    Optional<Path> file();

    /// The key of the one caller, `dev`, that exists when there is no file; only the `dev` profile
    /// may set it.
    ///
    /// @return that key
    Optional<String> developmentKey();
}
