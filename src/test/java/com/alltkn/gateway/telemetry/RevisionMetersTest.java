package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.rollout.Promotion;
import com.alltkn.gateway.rollout.RejectionReason;
import com.alltkn.gateway.rollout.SourceFailure;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RevisionMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final RevisionMeters meters = new RevisionMeters(registry);

    @Test
    void countsPromotionsRejectionsAndFailuresByTheirReason() {
        meters.promoted(MadeUpRevision.number(1), null, Promotion.PROVEN);
        meters.rejected(2, "vault", RejectionReason.KEY_BLANK, "a sentence");
        meters.sourceUnavailable(SourceFailure.SEALED, "a detail");
        meters.sourceUnavailable(SourceFailure.SEALED, "another detail");

        assertThat(registry.get("gateway.revision.promotions").counter().count()).isEqualTo(1);
        assertThat(count("gateway.revision.rejections", "key_blank")).isEqualTo(1);
        assertThat(count("gateway.source.failures", "sealed")).isEqualTo(2);
    }

    @Test
    void showsHowLongTheSourceHasBeenSilent() {
        meters.sourceAvailable();

        assertThat(registry.get("gateway.source.age").timeGauge().value(TimeUnit.SECONDS))
                .isBetween(0.0, 5.0);
    }

    private double count(String name, String reason) {
        return registry.get(name).tags("reason", reason).counter().count();
    }
}
