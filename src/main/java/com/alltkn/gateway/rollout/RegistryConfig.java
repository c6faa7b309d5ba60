package com.alltkn.gateway.rollout;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/// How environments are kept from using each other's keys.
@ConfigMapping(prefix = "gateway.registry")
public interface RegistryConfig {

    /// The environments whose keys are registered in the same Vault, this one among them or not.
    /// Environments with a Vault each have nothing to compare and leave it out. A pod that meets a
    /// new key reads one entry for each of them before the key is sent anywhere.
    ///
    /// @return their names; none where nothing is to be compared
    Optional<List<String>> environments();

    /// Whether a new key waits while an environment's entries cannot be read. A pod that starts
    /// never waits for it.
    ///
    /// @return whether it waits
    @WithDefault("true")
    boolean refuseUnchecked();
}
