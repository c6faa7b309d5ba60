package com.alltkn.gateway;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.caller.InvalidCallersException;
import com.alltkn.gateway.rollout.Strictness;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.eclipse.microprofile.config.Config;

/// Looks the configuration over before anything else starts, and refuses the start with a sentence
/// for each thing that is wrong.
@Singleton
final class Startup {

    void check(@Observes @Priority(1) StartupEvent event, Config config, CallerDirectory callers) {
        var profiles = config.unwrap(SmallRyeConfig.class).getProfiles();
        refuseIfAny(StartupChecks.profileViolations(profiles));
        var names = new HashSet<String>();
        config.getPropertyNames().forEach(names::add);
        var violations =
                new ArrayList<>(
                        StartupChecks.violations(
                                Strictness.of(profiles.getFirst()).orElseThrow(),
                                name -> config.getOptionalValue(name, String.class),
                                names,
                                System.getenv()));
        try {
            callers.current();
        } catch (InvalidCallersException e) {
            violations.add(e.getMessage());
        }
        refuseIfAny(violations);
    }

    private static void refuseIfAny(List<String> violations) {
        if (!violations.isEmpty()) {
            throw new RefusedStartException(violations);
        }
    }
}
