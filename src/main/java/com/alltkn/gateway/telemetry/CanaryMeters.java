package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.rollout.CanaryOutcome;
import com.alltkn.gateway.rollout.CanaryTraffic;
import com.alltkn.gateway.rollout.CanaryTraffic.Role;
import com.alltkn.gateway.rollout.Revisions;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/// Shows how a candidate does that carries a share of the exchanges, beside the active revision.
@Singleton
class CanaryMeters {

    void register(
            @Observes StartupEvent event,
            MeterRegistry registry,
            Revisions revisions,
            CanaryTraffic traffic) {
        Gauge.builder("gateway.revision.canary.percent", revisions, r -> r.view().canaryPercent())
                .description("Percentage of exchanges that a candidate carries; 0 without a canary")
                .register(registry);
        for (var role : Role.values()) {
            for (var outcome : CanaryOutcome.values()) {
                FunctionCounter.builder(
                                "gateway.revision.canary.exchanges",
                                traffic,
                                t -> t.total(role, outcome))
                        .description("Exchanges during a canary that ended by upstream's doing")
                        .tag("role", role.word())
                        .tag("outcome", outcome.word())
                        .register(registry);
            }
        }
    }
}
