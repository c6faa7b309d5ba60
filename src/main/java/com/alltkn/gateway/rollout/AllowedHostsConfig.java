package com.alltkn.gateway.rollout;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Set;

/// Where a key may be sent.
@ConfigMapping(prefix = "gateway.upstream")
public interface AllowedHostsConfig {

    /// The hosts that may receive the key, without scheme, port or path. In `dev` any host may.
    ///
    /// @return the hosts
    @WithDefault("api.alltkn.com")
    Set<String> allowedHosts();
}
