package com.alltkn.gateway.startup;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.caller.CallersCheck;
import com.alltkn.gateway.check.Finding;
import com.alltkn.gateway.check.Property;
import com.alltkn.gateway.check.SeenValue.Shown;
import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.redis.SharedStateCheck;
import com.alltkn.gateway.rollout.EnvironmentCheck;
import com.alltkn.gateway.rollout.SourceCheck;
import com.alltkn.gateway.rollout.file.FileSourceCheck;
import com.alltkn.gateway.rollout.vault.VaultCheck;
import com.alltkn.gateway.secret.TlsCheck;
import com.alltkn.gateway.telemetry.LoggingCheck;
import com.alltkn.gateway.upstream.RoutesCheck;
import io.smallrye.config.SmallRyeConfig;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.Config;

/// Everything that must hold before the gateway starts. The one list of its checks: each stands
/// beside the configuration that it is about.
@Singleton
public final class StartChecks {

    /// A source of configuration calls itself by its class and, in brackets, its place.
    private static final Pattern PLACE = Pattern.compile("\\w+\\[source=(?:.*[/!])?([^/]+)]");

    private final List<StartCheck> checks;

    /// @param callers are read by their check
    public StartChecks(CallerDirectory callers) {
        this.checks =
                List.of(
                        new SourceCheck(),
                        new FileSourceCheck(),
                        new VaultCheck(),
                        new EnvironmentCheck(),
                        new RoutesCheck(),
                        new SharedStateCheck(),
                        new TlsCheck(),
                        new LoggingCheck(),
                        new CallersCheck(callers));
    }

    /// @param config of this process, with its environment
    /// @return what would refuse its start
    public StartReport look(Config config) {
        var profiles = config.unwrap(SmallRyeConfig.class).getProfiles();
        var names = new HashSet<String>();
        config.getPropertyNames().forEach(names::add);
        return Strictness.ofActive(profiles)
                .map(strictness ->
                        look(
                                new Start(
                                        strictness,
                                        name -> property(config, name),
                                        names,
                                        System.getenv())))
                .orElseGet(() -> new StartReport(List.of(unknownProfile(profiles))));
    }

    /// @param start to be looked over
    /// @return what would refuse it
    public StartReport look(Start start) {
        checks.forEach(check -> check.look(start));
        return new StartReport(start.findings());
    }

    /// What else is set would be judged by the wrong rules.
    private static Finding unknownProfile(List<String> active) {
        return new Finding(
                "quarkus.profile",
                Strictness.refusal(active),
                new Shown(String.join(",", active)),
                Optional.empty(),
                "set it to one of them");
    }

    private static Optional<Property> property(Config config, String name) {
        return config.getOptionalValue(name, String.class)
                .map(value -> new Property(value, source(config, name)));
    }

    private static String source(Config config, String name) {
        var source = String.valueOf(config.getConfigValue(name).getSourceName());
        return switch (source) {
            case "EnvConfigSource" -> "environment";
            case "SysPropConfigSource" -> "system property";
            default -> PLACE.matcher(source).replaceFirst("$1");
        };
    }
}
