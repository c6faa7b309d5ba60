package com.alltkn.gateway.rollout.vault;

import com.alltkn.gateway.rollout.GatewayEnvironment;
import com.alltkn.gateway.rollout.KeyRegistry;
import com.alltkn.gateway.rollout.RegistryConfig;
import com.alltkn.gateway.rollout.SettingsSource;
import io.quarkus.vault.client.VaultClient;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;

/// Makes the Vault source and its registry, where it is the chosen one; the client only at the
/// first read.
@Singleton
final class VaultSourceAssembly {

    @Produces
    @Singleton
    @Identifier("vault")
    SettingsSource source(
            Instance<VaultClient> client,
            VaultSourceConfig config,
            GatewayEnvironment environment,
            Clock clock) {
        return new VaultSource(client::get, config, environment.name(), clock);
    }

    @Produces
    @Singleton
    @Identifier("vault")
    KeyRegistry registry(
            Instance<VaultClient> client,
            VaultSourceConfig config,
            RegistryConfig registry,
            GatewayEnvironment environment) {
        return new VaultKeyRegistry(
                client::get, config, environment.name(), registry.environments().orElse(List.of()));
    }
}
