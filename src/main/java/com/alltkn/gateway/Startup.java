package com.alltkn.gateway;

import com.alltkn.gateway.caller.Callers;
import com.alltkn.gateway.caller.InvalidCallersException;
import com.alltkn.gateway.rollout.Strictness;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.config.Config;

/// Looks the configuration over before anything else starts, and refuses the start with a sentence
/// for each thing that is wrong.
@Singleton
final class Startup {

    void check(
            @Observes @Priority(1) StartupEvent event, Config config, Instance<Callers> callers) {
        var profiles = config.unwrap(SmallRyeConfig.class).getProfiles();
        refuseIfAny(StartupChecks.profileViolations(profiles));
        var names = new HashSet<String>();
        config.getPropertyNames().forEach(names::add);
        refuseIfAny(
                StartupChecks.violations(
                        Strictness.of(profiles.getFirst()).orElseThrow(),
                        name -> config.getOptionalValue(name, String.class),
                        names,
                        System.getenv()));
        try {
            callers.get().all();
        } catch (InvalidCallersException e) {
            refuseIfAny(List.of(e.getMessage()));
        }
    }

    private static void refuseIfAny(List<String> violations) {
        if (!violations.isEmpty()) {
            // Quarkus prints the message of this one, and no stack trace.
            throw new ConfigurationException(
                    "alltkn-gateway does not start:\n  - " + String.join("\n  - ", violations),
                    Set.of());
        }
    }
}
