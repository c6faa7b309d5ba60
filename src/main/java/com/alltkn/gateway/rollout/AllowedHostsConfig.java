package com.alltkn.gateway.rollout;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Set;

/// Where a key may be sent.
@ConfigMapping(prefix = "gateway.upstream")
public interface AllowedHostsConfig {

    /// Whose key it is.
    String DEFAULT = "api.alltkn.com";

    /// The hosts that may receive the key, without scheme, port or path. In `dev` any host may.
    ///
    /// @return the hosts
    @WithDefault(DEFAULT)
    Set<String> allowedHosts();
}
