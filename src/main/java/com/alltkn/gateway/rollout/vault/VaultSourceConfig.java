package com.alltkn.gateway.rollout.vault;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/// Where the settings are in Vault, and how often they are looked at. Vault's address and the login
/// are `quarkus.vault.*`.
@ConfigMapping(prefix = "gateway.vault")
public interface VaultSourceConfig {

    /// The mount of the KV engine, version 2. The settings are in `<mount>/data/<environment>`.
    ///
    /// @return the mount
    @WithDefault("alltkn")
    String mount();

    /// How often the metadata are read; the data only when they show a change.
    ///
    /// @return the interval
    @WithDefault("30s")
    Duration pollInterval();

    /// How long one call may take, login included.
    ///
    /// @return the deadline
    @WithDefault("5s")
    Duration deadline();
}
