package com.alltkn.gateway.rollout.vault;

import io.quarkus.vault.client.VaultClient;
import io.quarkus.vault.runtime.VaultConfigHolder;
import io.quarkus.vault.runtime.client.VaultClientProducer;
import io.quarkus.vault.runtime.config.VaultRuntimeConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;

/// The client that Quarkus makes of `quarkus.vault.*`, without Quarkus: the same code and the same
/// way of speaking HTTP, in milliseconds.
final class ConfiguredVaultClient implements AutoCloseable {

    private final Vertx vertx = Vertx.vertx();

    /// @param properties without the prefix `quarkus.vault.`
    VaultClient of(Map<String, String> properties) {
        var prefixed = new HashMap<String, String>();
        properties.forEach((name, value) -> prefixed.put("quarkus.vault." + name, value));
        var config =
                new SmallRyeConfigBuilder()
                        .withMapping(VaultRuntimeConfig.class)
                        .withSources(new PropertiesConfigSource(prefixed, "test", 100))
                        .build()
                        .getConfigMapping(VaultRuntimeConfig.class);
        var holder = new VaultConfigHolder();
        holder.setVaultRuntimeConfig(config);
        return new VaultClientProducer().sharedVaultClient(vertx, holder, false);
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
