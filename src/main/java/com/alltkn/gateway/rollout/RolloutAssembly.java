package com.alltkn.gateway.rollout;

import com.alltkn.gateway.check.Strictness;
import io.quarkus.arc.All;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/// Puts the parts of the rollout together, and starts and stops the loop with the process. A source
/// is a bean whose [Identifier] is its name in `gateway.source`; only the chosen one is ever made,
/// so that a process without Vault needs no configuration for it.
@Singleton
final class RolloutAssembly {

    @Produces
    @Singleton
    GatewayEnvironment environment(
            Config config, @ConfigProperty(name = "gateway.environment") Optional<String> name) {
        var profiles = config.unwrap(SmallRyeConfig.class).getProfiles();
        var strictness =
                Strictness.ofActive(profiles)
                        .orElseThrow(() -> new IllegalStateException(Strictness.refusal(profiles)));
        return new GatewayEnvironment(name.orElse(profiles.getFirst()), strictness);
    }

    @Produces
    @Singleton
    AllowedHosts allowedHosts(GatewayEnvironment environment, AllowedHostsConfig config) {
        return new AllowedHosts(environment.strictness(), config.allowedHosts());
    }

    @Produces
    @Singleton
    SettingsParser parser(AllowedHosts hosts, Config config) {
        var defaults = new HashMap<String, String>();
        for (var setting : Setting.DEFAULTABLE) {
            lookup(config, setting.key()).ifPresent(value -> defaults.put(setting.key(), value));
        }
        return new SettingsParser(hosts, Map.copyOf(defaults));
    }

    @Produces
    @Singleton
    @Identifier("environment")
    SettingsSource environmentSource(Config config, SandboxConfig sandbox) {
        return new EnvironmentSource(name -> lookup(config, name), sandbox.url());
    }

    @Produces
    @Singleton
    Signals signals() {
        return new Signals(Pause.real());
    }

    @Produces
    @Singleton
    Revisions revisions(
            @All List<RevisionListener> listeners, Signals signals, InstantSource clock) {
        return new Revisions(listeners, signals, clock);
    }

    @Produces
    @Singleton
    CanaryTraffic traffic() {
        return new CanaryTraffic();
    }

    @Produces
    @Singleton
    RevisionLoop loop(
            @ConfigProperty(name = "gateway.source") String name,
            @Any Instance<SettingsSource> sources,
            @Any Instance<KeyRegistry> registries,
            SettingsParser parser,
            RevisionProbe probe,
            Revisions revisions,
            Signals signals,
            CanaryTraffic traffic,
            KnownCallers callers,
            RolloutConfig config,
            CanaryConfig canaryConfig,
            RegistryConfig registryConfig,
            InstantSource clock) {
        var source = sources.select(Identifier.Literal.of(name)).get();
        var random = RandomGenerator.getDefault();
        var registry = registries.select(Identifier.Literal.of(name));
        var rules =
                new RevisionLife.Rules(
                        parser,
                        registry.isUnsatisfied() ? KeyRegistry.none() : registry.get(),
                        registryConfig.refuseUnchecked(),
                        probe,
                        CanaryRules.of(canaryConfig, callers),
                        config.probation());
        var life = new RevisionLife(source, rules, revisions, traffic, clock, random);
        return new RevisionLoop(source, revisions, life, signals, clock, random);
    }

    /// Late, so that in `dev` the sandbox listens before the first prompt.
    void start(
            @Observes @Priority(Interceptor.Priority.LIBRARY_AFTER) StartupEvent event,
            RevisionLoop loop) {
        loop.start();
    }

    void stop(@Observes ShutdownEvent event, RevisionLoop loop) throws InterruptedException {
        loop.stop();
    }

    /// A value as it stands there: a `${…}` in it is not followed, so that a rule can name it.
    static Optional<String> lookup(Config config, String name) {
        try {
            return Optional.ofNullable(config.getConfigValue(name).getRawValue())
                    .filter(value -> !value.isEmpty());
        } catch (NoSuchElementException e) {
            return Optional.of("${unresolved}");
        }
    }
}
