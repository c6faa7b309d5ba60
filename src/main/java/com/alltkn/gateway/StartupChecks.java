package com.alltkn.gateway;

import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.rollout.Strictness;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What must hold before the gateway starts. Each violation is one sentence that begins with the
/// property to change and never holds a secret. Pure: configuration and environment are passed in.
public final class StartupChecks {

    private static final Pattern ROUTE =
            Pattern.compile("gateway\\.upstream\\.routes\\.\"?(.+?)\"?\\.[a-z-]+");
    private static final Set<String> ROUTES =
            Arrays.stream(Endpoint.values()).map(Endpoint::label).collect(Collectors.toSet());

    private final Start start;

    private StartupChecks(Start start) {
        this.start = start;
    }

    /// A mistyped profile would otherwise start with none of its settings, and a list of profiles
    /// with the rules of one and the settings of another.
    ///
    /// @param active the active profiles
    /// @return violations, none if there is exactly one known profile
    public static List<String> profileViolations(List<String> active) {
        return active.size() == 1 && Strictness.of(active.getFirst()).isPresent()
                ? List.of()
                : List.of(
                        "quarkus.profile must be exactly one of dev, test, staging, prod, not "
                                + String.join(",", active));
    }

    /// @param strictness of the active profile
    /// @param config a property's value by its name, empty if there is none
    /// @param names the names of all properties that are set
    /// @param environment the process' environment
    /// @return violations in a fixed order; the start is refused unless there are none
    public static List<String> violations(
            Strictness strictness,
            Function<String, Optional<String>> config,
            Set<String> names,
            Map<String, String> environment) {
        return new StartupChecks(new Start(strictness, config, names, environment)).run();
    }

    private List<String> run() {
        source();
        sharedState();
        new CallerChecks(start).check();
        routes();
        if (start.refusesDangerousSettings()) {
            sandbox();
            new VaultChecks(start).check();
            new TlsChecks(start).check();
            new EnvironmentChecks(start).check();
            new LoggingChecks(start).check();
        }
        return start.violations();
    }

    private void source() {
        var source = start.value("gateway.source");
        switch (source) {
            case "vault" -> {}
            case "file" -> {
                if (start.isMissing("gateway.file.path")) {
                    start.refuse("gateway.file.path is missing, which gateway.source=file needs");
                }
            }
            case "environment" -> {
                if (start.refusesDangerousSettings()) {
                    start.refuse("gateway.source must not be environment in " + start.profile());
                }
            }
            default ->
                    start.refuse(
                            "gateway.source must be one of vault, file, environment, not "
                                    + source);
        }
        var name = start.value("gateway.environment");
        if (!name.isEmpty() && !name.matches("[a-z0-9-]+")) {
            start.refuse("gateway.environment must be made of a-z, 0-9 and hyphens, not " + name);
        }
    }

    private void sharedState() {
        var where = start.value("gateway.shared-state");
        switch (where) {
            case "memory" -> {}
            case "redis" -> {
                if (start.isMissing("quarkus.redis.hosts")) {
                    start.refuse(
                            "quarkus.redis.hosts is missing, which gateway.shared-state=redis needs");
                }
            }
            default ->
                    start.refuse("gateway.shared-state must be one of memory, redis, not " + where);
        }
    }

    /// Clocks of a route that is none would never be used.
    private void routes() {
        start.names().stream()
                .map(ROUTE::matcher)
                .filter(Matcher::matches)
                .filter(route -> !ROUTES.contains(route.group(1)))
                .forEach(route ->
                        start.refuse(
                                route.group()
                                        + " names no route: chat/completions is one, or files/{id}"));
    }

    private void sandbox() {
        if (start.isSet("gateway.sandbox.url")) {
            start.refuse("gateway.sandbox.url must not be set in " + start.profile());
        }
    }
}
