package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.rollout.CanaryOutcome;
import com.alltkn.gateway.rollout.CanaryTraffic;
import com.alltkn.gateway.rollout.CanaryTraffic.Role;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import com.alltkn.gateway.rollout.Stage;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/// Shows how a candidate does that carries a share of the exchanges, beside the active revision.
@Singleton
class CanaryMeters implements RevisionListener {

    private volatile int percent;

    CanaryMeters(MeterRegistry registry, CanaryTraffic traffic) {
        Gauge.builder("gateway.revision.canary.percent", this, meters -> meters.percent)
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

    @Override
    public void entered(Stage stage, @Nullable Revision candidate) {
        percent =
                stage == Stage.CANARY && candidate != null
                        ? candidate.settings().canaryPercent()
                        : 0;
    }
}
