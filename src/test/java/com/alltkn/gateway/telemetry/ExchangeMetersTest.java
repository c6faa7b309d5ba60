package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.exchange.Exchanges;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.Settlements;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ExchangeMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final ModelLabels models = new ModelLabels();
    private final ExchangeMeters meters = new ExchangeMeters(registry, models);

    @Test
    void countsAnAnswerUnderTheNamesOfTheConventions() {
        models.promoted(MadeUpRevision.number(1), null);

        meters.settled(Settlements.answered());

        var shape =
                Tags.of(
                        "gen_ai.operation.name", "chat",
                        "gen_ai.provider.name", "alltkn",
                        "gen_ai.request.model", "deepseek-chat",
                        "gateway.stream", "true",
                        "error.type", "");
        var duration = registry.get("gen_ai.client.operation.duration").timer();
        assertThat(duration.getId().getTags()).containsExactlyInAnyOrderElementsOf(shape);
        assertThat(duration.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(1234);
        var firstChunk = registry.get("gen_ai.client.operation.time_to_first_chunk").timer();
        assertThat(firstChunk.getId().getTags()).containsExactlyInAnyOrderElementsOf(shape);
        assertThat(firstChunk.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(321);
        assertThat(tokens("input")).isEqualTo(5);
        assertThat(tokens("output")).isEqualTo(7);
        var outcome = registry.get("gateway.exchanges").counter();
        assertThat(outcome.getId().getTags())
                .containsExactlyInAnyOrderElementsOf(
                        Tags.of(
                                "caller", "plain",
                                "route", "chat/completions",
                                "outcome", "answered"));
        assertThat(outcome.count()).isEqualTo(1);
        assertThat(registry.get("gateway.usage.unknown").counter().count()).isZero();
    }

    @Test
    void countsARefusalWithoutACallerOrAModel() {
        meters.settled(Settlements.refused());

        var duration = registry.get("gen_ai.client.operation.duration").timer();
        assertThat(duration.getId().getTag("gen_ai.request.model")).isEqualTo("none");
        assertThat(duration.getId().getTag("error.type")).isEqualTo("invalid_api_key");
        assertThat(registry.get("gateway.exchanges").counter().getId().getTag("caller"))
                .isEqualTo("unknown");
        assertThat(registry.find("gen_ai.client.token.usage").summaries()).isEmpty();
        assertThat(registry.find("gen_ai.client.operation.time_to_first_chunk").timers()).isEmpty();
    }

    @Test
    void countsWhatACallersOwnLimitsRefuseFromZeroOn() {
        meters.settled(Settlements.answered());
        var before = List.of(limited("limit"), limited("budget"));

        settleWithError("rate_limit_exceeded");
        settleWithError("insufficient_quota");
        settleWithError("insufficient_quota");
        settleWithError("upstream_rate_limited");
        settleWithError("upstream_quota_exhausted");

        assertThat(before).containsOnly(0.0);
        assertThat(limited("limit")).isEqualTo(1);
        assertThat(limited("budget")).isEqualTo(2);
    }

    @Test
    void showsHowManyAreInFlight() {
        var underWay = new AtomicInteger(2);
        meters.show(() -> new Exchanges.View(underWay.get(), 0));

        var during = inFlight();
        underWay.set(0);

        assertThat(during).isEqualTo(2);
        assertThat(inFlight()).isZero();
    }

    @Test
    void keepsTheNumberOfMetersBoundWhateverModelsAreNamed() {
        settleWithModel("made-up-0");
        var before = registry.getMeters().size();

        for (var i = 1; i < 500; i++) {
            settleWithModel("made-up-" + i);
        }

        assertThat(registry.getMeters()).hasSize(before);
        assertThat(registry.getMeters())
                .flatExtracting(meter -> meter.getId().getTags())
                .noneMatch(tag -> tag.getValue().startsWith("made-up"));
    }

    @Test
    void givesEveryMeterOfOneNameTheSameLabels() {
        meters.settled(Settlements.answered());
        meters.settled(Settlements.refused());

        assertThat(registry.getMeters().stream().map(Meter::getId).toList())
                .allSatisfy(id ->
                        assertThat(
                                        registry.find(id.getName()).meters().stream()
                                                .map(meter -> meter.getId().getTags().size())
                                                .distinct())
                                .hasSize(1));
    }

    private void settleWithModel(String model) {
        meters.settled(
                Settlements.answered(Settlements.STARTED, model, "chat", Duration.ofMillis(1)));
    }

    private void settleWithError(String error) {
        meters.settled(Settlements.ended(Ending.REFUSED, Optional.of(error)));
    }

    private double limited(String by) {
        return registry.get("gateway.callers.limited")
                .tags("caller", "plain", "by", by)
                .counter()
                .count();
    }

    private double tokens(String kind) {
        return registry.get("gen_ai.client.token.usage")
                .tags(
                        "gen_ai.operation.name", "chat",
                        "gen_ai.provider.name", "alltkn",
                        "gen_ai.request.model", "deepseek-chat",
                        "gen_ai.token.type", kind)
                .summary()
                .totalAmount();
    }

    private double inFlight() {
        return registry.get("gateway.exchanges.in.flight").gauge().value();
    }
}
