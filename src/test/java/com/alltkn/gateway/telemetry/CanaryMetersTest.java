package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.rollout.CanaryExchange;
import com.alltkn.gateway.rollout.CanaryOutcome;
import com.alltkn.gateway.rollout.CanaryTraffic;
import com.alltkn.gateway.rollout.MadeUpRevisions;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Revisions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.StartupEvent;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CanaryMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Revisions revisions = MadeUpRevisions.starting();
    private final Revision active = MadeUpRevision.number(1);
    private final Revision candidate = MadeUpRevision.withCanary(2, 25);

    @Test
    void showsTheShareWhileThereIsACanary() {
        register(MadeUpRevisions.noCanary());

        MadeUpRevisions.verify(revisions, active, candidate);
        var before = percent();
        MadeUpRevisions.tryOut(revisions, active, candidate);
        var during = percent();
        MadeUpRevisions.promote(revisions, active, candidate);

        assertThat(before).isZero();
        assertThat(during).isEqualTo(25);
        assertThat(percent()).isZero();
    }

    @Test
    void countsExchangesByRoleAndOutcome() {
        var traffic = MadeUpRevisions.canary(active, candidate);
        register(traffic);

        traffic.ended(exchange(candidate, CanaryOutcome.TIMED_OUT));
        traffic.ended(exchange(active, CanaryOutcome.ANSWERED));
        traffic.ended(exchange(active, CanaryOutcome.ANSWERED));

        assertThat(exchanges("candidate", "timed_out")).isEqualTo(1);
        assertThat(exchanges("candidate", "answered")).isZero();
        assertThat(exchanges("active", "answered")).isEqualTo(2);
    }

    private void register(CanaryTraffic traffic) {
        new CanaryMeters().register(new StartupEvent(), registry, revisions, traffic);
    }

    private static CanaryExchange exchange(Revision bound, CanaryOutcome outcome) {
        return new CanaryExchange(
                bound.contentId(), "plain", "chat", outcome, Duration.ZERO, Optional.empty());
    }

    private double percent() {
        return registry.get("gateway.revision.canary.percent").gauge().value();
    }

    private double exchanges(String role, String outcome) {
        return registry.get("gateway.revision.canary.exchanges")
                .tags("role", role, "outcome", outcome)
                .functionCounter()
                .count();
    }
}
