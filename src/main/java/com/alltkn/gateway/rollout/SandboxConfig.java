package com.alltkn.gateway.rollout;

import io.smallrye.config.ConfigMapping;
import java.net.URI;
import java.util.Optional;

/// Where the ALLTKN stand-in of a developer's machine is.
@ConfigMapping(prefix = "gateway.sandbox")
public interface SandboxConfig {

    /// The base URL to speak to while there is no key; set in `dev` only.
    ///
    /// @return the URL
    Optional<URI> url();
}
