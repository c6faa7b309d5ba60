package com.alltkn.gateway.telemetry;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// Ends the meters with the application. The registry is the process', and where the application
/// starts anew in the same process, after a change of its code, a gauge that was still there would
/// go on to tell of the objects of the one before.
@Singleton
class MeterLifetime {

    void end(@Observes ShutdownEvent event, MeterRegistry registry) {
        registry.clear();
    }
}
