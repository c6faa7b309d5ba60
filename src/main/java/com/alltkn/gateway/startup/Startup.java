package com.alltkn.gateway.startup;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.Config;

/// Looks the configuration over before anything else starts, and refuses the start with a sentence
/// for each thing that is wrong.
@Singleton
final class Startup {

    void check(@Observes @Priority(1) StartupEvent event, Config config, StartChecks checks) {
        checks.look(config).refuseIfAny();
    }
}
