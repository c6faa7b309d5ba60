package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.upstream.ConnectionShares;
import com.alltkn.gateway.upstream.RetryPolicy;
import com.alltkn.gateway.upstream.UpstreamClients;
import com.alltkn.gateway.upstream.UpstreamGate;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// What there is on the way to upstream right now, and what was left out on it.
@Singleton
class UpstreamMeters {

    void register(
            @Observes StartupEvent event,
            MeterRegistry registry,
            UpstreamClients clients,
            UpstreamGate gate,
            ConnectionShares connections,
            RetryPolicy retries) {
        Gauge.builder("gateway.upstream.breakers.open", clients, UpstreamClients::openBreakers)
                .description("Models of the active revision that callers are refused at once")
                .register(registry);
        Gauge.builder("gateway.upstream.gate.limit", gate, g -> g.view().limit())
                .description("Exchanges that may wait for upstream's first byte at once")
                .register(registry);
        Gauge.builder("gateway.upstream.gate.inside", gate, g -> g.view().inside())
                .description("Exchanges that do")
                .register(registry);
        Gauge.builder("gateway.upstream.gate.queued", gate, g -> g.view().queued())
                .description("Exchanges that wait to be let in")
                .register(registry);
        Gauge.builder("gateway.upstream.connections.in.use", connections, ConnectionShares::inUse)
                .description("Connections to upstream that an exchange uses, to its last byte")
                .register(registry);
        Gauge.builder("gateway.upstream.connections.limit", connections, ConnectionShares::limit)
                .description("Connections to upstream that may be in use at once")
                .register(registry);
        FunctionCounter.builder(
                        "gateway.upstream.connections.refused",
                        connections,
                        ConnectionShares::refused)
                .description("Calls that found no connection left, or none for their caller")
                .register(registry);
        FunctionCounter.builder("gateway.upstream.repeats", retries, RetryPolicy::repeats)
                .description("Requests sent anew because an idle connection had been closed")
                .register(registry);
        FunctionCounter.builder("gateway.upstream.retries.refused", retries, RetryPolicy::refused)
                .description("Retries left out because too many were under way")
                .register(registry);
    }
}
