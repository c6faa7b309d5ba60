package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.rollout.Alarm;
import com.alltkn.gateway.rollout.Promotion;
import com.alltkn.gateway.rollout.RejectionReason;
import com.alltkn.gateway.rollout.SourceFailure;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

        assertThat(
                        registry.get("gateway.revision.promotions")
                                .tags("how", "proven")
                                .counter()
                                .count())
                .isEqualTo(1);
        assertThat(count("gateway.revision.rejections", "key_blank")).isEqualTo(1);
        assertThat(count("gateway.source.failures", "sealed")).isEqualTo(2);
    }

    @Test
    void countsFromZeroOnSoThatAFirstEventIsAnIncrease() {
        assertThat(values("gateway.revision.promotions", "how"))
                .isEqualTo(zeros(Promotion.values(), Promotion::word));
        assertThat(values("gateway.revision.alarms", "reason"))
                .isEqualTo(zeros(Alarm.values(), Alarm::word));
        assertThat(values("gateway.revision.rejections", "reason"))
                .isEqualTo(zeros(RejectionReason.values(), RejectionReason::word));
        assertThat(values("gateway.source.failures", "reason"))
                .isEqualTo(zeros(SourceFailure.values(), SourceFailure::word));
    }

    private Map<String, Double> values(String name, String tag) {
        return registry.get(name).counters().stream()
                .collect(
                        Collectors.toMap(
                                counter -> String.valueOf(counter.getId().getTag(tag)),
                                Counter::count));
    }

    private static <T> Map<String, Double> zeros(T[] values, Function<T, String> word) {
        return Stream.of(values).collect(Collectors.toMap(word, _ -> 0.0));
    }

    private double count(String name, String reason) {
        return registry.get(name).tags("reason", reason).counter().count();
    }
}
