package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.upstream.UpstreamClients;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// Gauges of the way to upstream.
@Singleton
class UpstreamMeters {

    void register(@Observes StartupEvent event, MeterRegistry registry, UpstreamClients clients) {
        Gauge.builder("gateway.upstream.breakers.open", clients, UpstreamClients::openBreakers)
                .description("Models of the active revision that callers are refused at once")
                .register(registry);
    }
}
