package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.connection.Closing;
import com.alltkn.gateway.connection.Connections;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// Who holds connections, what waits on them, and which the gateway has closed by itself.
@Singleton
class ConnectionMeters {

    void register(@Observes StartupEvent event, MeterRegistry registry, Connections connections) {
        Gauge.builder("gateway.connections.open", connections, Connections::known)
                .tag("by", "known")
                .description("Connections to both ports, by whether a valid credential was shown")
                .register(registry);
        Gauge.builder("gateway.connections.open", connections, Connections::strangers)
                .tag("by", "stranger")
                .description("Connections to both ports, by whether a valid credential was shown")
                .register(registry);
        Gauge.builder("gateway.connections.held", connections, Connections::heldBytes)
                .description(
                        "Memory of answers that wait to be read and requests that wait for"
                                + " their turn")
                .baseUnit("bytes")
                .register(registry);
        for (var why : Closing.values()) {
            FunctionCounter.builder(
                            "gateway.connections.closed", connections, all -> all.closed(why))
                    .tag("reason", why.label())
                    .description("Connections that the gateway has closed by itself")
                    .register(registry);
        }
    }
}
