package com.alltkn.gateway.rollout;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.file.FileSourceConfig;
import com.alltkn.gateway.rollout.vault.VaultSourceConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigTest {

    @Test
    void hasDefaults() {
        var config = config(Map.of());

        var hosts = config.getConfigMapping(AllowedHostsConfig.class);
        assertThat(hosts.allowedHosts()).containsExactly("api.alltkn.com");
        var rollout = config.getConfigMapping(RolloutConfig.class);
        assertThat(rollout.probation()).isEqualTo(Duration.ofMinutes(10));
        var canary = config.getConfigMapping(CanaryConfig.class);
        assertThat(canary.minimumExchanges()).isEqualTo(100);
        assertThat(canary.minimumCallers()).isEqualTo(3);
        assertThat(canary.maximumDuration()).isEqualTo(Duration.ofMinutes(30));
        var registry = config.getConfigMapping(RegistryConfig.class);
        assertThat(registry.environments()).isEmpty();
        assertThat(registry.refuseUnchecked()).isTrue();
        assertThat(config.getConfigMapping(SandboxConfig.class).url()).isEmpty();
        var file = config.getConfigMapping(FileSourceConfig.class);
        assertThat(file.path()).isEmpty();
        assertThat(file.pollInterval()).isEqualTo(Duration.ofSeconds(2));
        var vault = config.getConfigMapping(VaultSourceConfig.class);
        assertThat(vault.mount()).isEqualTo("alltkn");
        assertThat(vault.pollInterval()).isEqualTo(Duration.ofSeconds(30));
        assertThat(vault.deadline()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void takesEveryKey() {
        var config =
                config(
                        Map.ofEntries(
                                entry("gateway.registry.environments", "staging,prod"),
                                entry("gateway.registry.refuse-unchecked", "false"),
                                entry("gateway.upstream.allowed-hosts", "one.example,two.example"),
                                entry("gateway.rollout.probation", "5m"),
                                entry("gateway.rollout.canary.minimum-exchanges", "1000"),
                                entry("gateway.rollout.canary.minimum-callers", "5"),
                                entry("gateway.rollout.canary.maximum-duration", "2h"),
                                entry("gateway.sandbox.url", "http://127.0.0.1:8099/api/v1"),
                                entry("gateway.file.path", "/etc/gateway"),
                                entry("gateway.file.poll-interval", "5s"),
                                entry("gateway.vault.mount", "other"),
                                entry("gateway.vault.poll-interval", "1m"),
                                entry("gateway.vault.deadline", "2s")));

        var hosts = config.getConfigMapping(AllowedHostsConfig.class);
        assertThat(hosts.allowedHosts()).containsExactlyInAnyOrder("one.example", "two.example");
        var rollout = config.getConfigMapping(RolloutConfig.class);
        assertThat(rollout.probation()).isEqualTo(Duration.ofMinutes(5));
        var canary = config.getConfigMapping(CanaryConfig.class);
        assertThat(canary.minimumExchanges()).isEqualTo(1000);
        assertThat(canary.minimumCallers()).isEqualTo(5);
        assertThat(canary.maximumDuration()).isEqualTo(Duration.ofHours(2));
        var registry = config.getConfigMapping(RegistryConfig.class);
        assertThat(registry.environments()).contains(List.of("staging", "prod"));
        assertThat(registry.refuseUnchecked()).isFalse();
        assertThat(config.getConfigMapping(SandboxConfig.class).url())
                .contains(URI.create("http://127.0.0.1:8099/api/v1"));
        var file = config.getConfigMapping(FileSourceConfig.class);
        assertThat(file.path()).contains(Path.of("/etc/gateway"));
        assertThat(file.pollInterval()).isEqualTo(Duration.ofSeconds(5));
        var vault = config.getConfigMapping(VaultSourceConfig.class);
        assertThat(vault.mount()).isEqualTo("other");
        assertThat(vault.pollInterval()).isEqualTo(Duration.ofMinutes(1));
        assertThat(vault.deadline()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void takesSettingsOfTheEnvironmentAsTheyStandThere() {
        var config =
                new SmallRyeConfigBuilder()
                        .addDefaultInterceptors()
                        .withSources(
                                new PropertiesConfigSource(
                                        Map.of(
                                                "PLAIN", "value",
                                                "EMPTY", "",
                                                "REFERENCE", "${PLAIN}",
                                                "UNRESOLVED", "${NO_SUCH_NAME}"),
                                        "test",
                                        100))
                        .build();

        assertThat(RolloutAssembly.lookup(config, "PLAIN")).contains("value");
        assertThat(RolloutAssembly.lookup(config, "EMPTY")).isEmpty();
        assertThat(RolloutAssembly.lookup(config, "ABSENT")).isEmpty();
        assertThat(RolloutAssembly.lookup(config, "REFERENCE")).contains("${PLAIN}");
        assertThat(RolloutAssembly.lookup(config, "UNRESOLVED").orElseThrow()).startsWith("${");
    }

    private static SmallRyeConfig config(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(RolloutConfig.class)
                .withMapping(CanaryConfig.class)
                .withMapping(RegistryConfig.class)
                .withMapping(AllowedHostsConfig.class)
                .withMapping(SandboxConfig.class)
                .withMapping(FileSourceConfig.class)
                .withMapping(VaultSourceConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build();
    }
}
