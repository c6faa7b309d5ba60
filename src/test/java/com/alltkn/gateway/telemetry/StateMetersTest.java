package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.event.RecordLog;
import com.alltkn.gateway.health.HealthPrompt;
import com.alltkn.gateway.health.HealthPromptConfig;
import com.alltkn.gateway.health.PromptTurns;
import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.MutableClock;
import com.alltkn.gateway.laboratory.Settlements;
import com.alltkn.gateway.rollout.Alarm;
import com.alltkn.gateway.rollout.GatewayEnvironment;
import com.alltkn.gateway.rollout.MadeUpRevisions;
import com.alltkn.gateway.rollout.Promotion;
import com.alltkn.gateway.rollout.RejectionReason;
import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.rollout.SourceFailure;
import com.alltkn.gateway.upstream.PromptOutcome;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.StartupEvent;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StateMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MutableClock clock = new MutableClock(Settlements.STARTED);
    private final Revisions revisions = MadeUpRevisions.starting(clock);
    private final RecordLog records =
            new RecordLog(new GatewayEnvironment("test", Strictness.TEST));
    private final HealthPrompt prompt =
            new HealthPrompt(
                    settings -> {
                        clock.advance(Duration.ofSeconds(1));
                        return PromptOutcome.RATE_LIMITED;
                    },
                    Mappings.read(HealthPromptConfig.class, Map.of()),
                    clock,
                    clock,
                    PromptTurns.OWN);

    @BeforeEach
    void register() {
        new StateMeters().register(new StartupEvent(), registry, revisions, prompt, records);
    }

    @Test
    void showsTheNumberOfTheActiveRevision() {
        var before = gauge("gateway.revision.number");

        MadeUpRevisions.settle(revisions, MadeUpRevision.number(7));

        assertThat(before).isEqualTo(-1);
        assertThat(gauge("gateway.revision.number")).isEqualTo(7);
    }

    @Test
    void hasAGaugeForEveryTroubleWhileThereIsNone() {
        assertThat(reasons("gateway.revision.alarm")).isEqualTo(zeros(Alarm.values(), Alarm::word));
        assertThat(reasons("gateway.revision.rejected"))
                .isEqualTo(zeros(RejectionReason.values(), RejectionReason::word));
        assertThat(reasons("gateway.source.failing"))
                .isEqualTo(zeros(SourceFailure.values(), SourceFailure::word));
    }

    @Test
    void showsTroubleWhileItStands() {
        MadeUpRevisions.trouble(
                revisions, Alarm.KEY_SHARED, RejectionReason.ROLLED_BACK, SourceFailure.DELETED);

        assertThat(standing("gateway.revision.alarm")).containsExactly("key_shared");
        assertThat(standing("gateway.revision.rejected")).containsExactly("rolled_back");
        assertThat(standing("gateway.source.failing")).containsExactly("deleted");
    }

    @Test
    void showsHowLongTheSourceHasBeenSilent() {
        clock.advance(Duration.ofMinutes(5));
        MadeUpRevisions.answer(revisions);

        clock.advance(Duration.ofSeconds(3));

        assertThat(seconds("gateway.source.age")).isEqualTo(3);
    }

    @Test
    void showsTheStageAndHowLongACandidateHasWaited() {
        var before = seconds("gateway.revision.candidate.age");
        MadeUpRevisions.verify(revisions, MadeUpRevision.number(1), MadeUpRevision.number(2));

        clock.advance(Duration.ofSeconds(40));

        assertThat(before).isZero();
        assertThat(seconds("gateway.revision.candidate.age")).isEqualTo(40);
        assertThat(registry.get("gateway.revision.stage").gauges())
                .filteredOn(gauge -> gauge.value() == 1)
                .singleElement()
                .extracting(gauge -> gauge.getId().getTag("stage"))
                .isEqualTo("verifying");
    }

    @Test
    void knowsNothingBeforeTheFirstPrompt() {
        assertThat(Arrays.stream(PromptOutcome.values()).map(this::outcome)).containsOnly(0.0);
        assertThat(seconds("gateway.health.prompt.latency")).isNaN();
        assertThat(seconds("gateway.health.prompt.age")).isNaN();
    }

    @Test
    void showsTheOutcomeOfTheLastPromptAndItsAge() {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);
        prompt.askIfNeeded();

        clock.advance(Duration.ofSeconds(90));

        for (var each : PromptOutcome.values()) {
            assertThat(outcome(each)).isEqualTo(each == PromptOutcome.RATE_LIMITED ? 1 : 0);
        }
        assertThat(seconds("gateway.health.prompt.age")).isEqualTo(90);
        assertThat(seconds("gateway.health.prompt.latency")).isBetween(0.0, 5.0);
    }

    @Test
    void knowsNoLatencyWhereAPromotionStandsForThePrompt() {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.PROVEN);

        assertThat(outcome(PromptOutcome.GOOD)).isEqualTo(1);
        assertThat(seconds("gateway.health.prompt.age")).isZero();
        assertThat(seconds("gateway.health.prompt.latency")).isNaN();
    }

    @Test
    void countsDroppedRecords() {
        for (var i = 0; i < 8192 + 3; i++) {
            records.settled(Settlements.refused());
        }

        assertThat(registry.get("gateway.records.dropped").functionCounter().count()).isEqualTo(3);
    }

    private List<String> standing(String name) {
        return reasons(name).entrySet().stream()
                .filter(each -> each.getValue() == 1)
                .map(Map.Entry::getKey)
                .toList();
    }

    private Map<String, Double> reasons(String name) {
        return registry.get(name).gauges().stream()
                .collect(
                        Collectors.toMap(
                                gauge -> String.valueOf(gauge.getId().getTag("reason")),
                                Gauge::value));
    }

    private static <T> Map<String, Double> zeros(T[] values, Function<T, String> word) {
        return Stream.of(values).collect(Collectors.toMap(word, _ -> 0.0));
    }

    private double outcome(PromptOutcome outcome) {
        return registry.get("gateway.health.prompt")
                .tags("outcome", outcome.word())
                .gauge()
                .value();
    }

    private double seconds(String name) {
        return registry.get(name).timeGauge().value(TimeUnit.SECONDS);
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }
}
