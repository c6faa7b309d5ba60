package com.alltkn.gateway;

import com.alltkn.gateway.rollout.Strictness;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// A start that is looked over: what it would run with, and why it is refused, if it is.
final class Start {

    private final Strictness strictness;
    private final Function<String, Optional<String>> config;
    private final Set<String> names;
    private final Map<String, String> environment;
    private final List<String> violations = new ArrayList<>();

    /// @param strictness of the active profile
    /// @param config a property's value by its name, empty if there is none
    /// @param names the names of all properties that are set
    /// @param environment the process' environment
    Start(
            Strictness strictness,
            Function<String, Optional<String>> config,
            Set<String> names,
            Map<String, String> environment) {
        this.strictness = strictness;
        this.config = config;
        this.names = names;
        this.environment = environment;
    }

    Strictness strictness() {
        return strictness;
    }

    String profile() {
        return strictness.profile();
    }

    boolean refusesDangerousSettings() {
        return strictness.refusesDangerousSettings();
    }

    /// @return the names of all properties that are set, in order
    List<String> names() {
        return names.stream().sorted().toList();
    }

    Map<String, String> environment() {
        return environment;
    }

    Optional<String> property(String name) {
        return config.apply(name);
    }

    /// @return a variable's value; also that of a .env file beside the process, which configuration
    ///   takes for environment
    Optional<String> fromEnvironment(String name) {
        return Optional.ofNullable(environment.get(name))
                .or(() -> property(name))
                .filter(value -> !value.isBlank());
    }

    boolean isSet(String name) {
        return !isMissing(name);
    }

    boolean isMissing(String name) {
        return value(name).isEmpty();
    }

    /// @return a property's value without the space around it; empty if there is none
    String value(String name) {
        return property(name).map(String::strip).orElse("");
    }

    void refuse(String violation) {
        violations.add(violation);
    }

    List<String> violations() {
        return List.copyOf(violations);
    }
}
