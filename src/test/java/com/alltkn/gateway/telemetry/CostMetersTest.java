package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.Settlements;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CostMetersTest {

    private static final Map<String, String> PRICES =
            Map.of(
                    "gateway.prices.currency", "CNY",
                    "gateway.prices.models.\"deepseek-chat\".input", "2",
                    "gateway.prices.models.\"deepseek-chat\".output", "3.5");

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void addsUpWhatUpstreamCounted() {
        var meters = meters(PRICES);

        // 5 input and 7 output tokens each.
        meters.settled(Settlements.answered());
        meters.settled(Settlements.answered());

        assertThat(
                        registry.get("gateway.cost")
                                .tags(
                                        "caller",
                                        "plain",
                                        "gen_ai.request.model",
                                        "deepseek-chat",
                                        "currency",
                                        "CNY")
                                .counter()
                                .count())
                .isCloseTo(2 * (5 * 2 + 7 * 3.5) / 1e6, within(1e-12));
    }

    @Test
    void knowsNoCostOfWhatHasNoPrice() {
        var meters = meters(PRICES);

        meters.settled(
                Settlements.answered(
                        Settlements.STARTED, "another", "chat", Duration.ofSeconds(1)));
        meters.settled(Settlements.refused());

        assertThat(registry.find("gateway.cost").counters()).isEmpty();
    }

    @Test
    void hasNoMeterWithoutATable() {
        var meters = meters(Map.of());

        meters.settled(Settlements.answered());
        meters.settled(Settlements.ended(Ending.FAILED, Optional.of("upstream_error")));

        assertThat(registry.getMeters()).isEmpty();
    }

    private CostMeters meters(Map<String, String> settings) {
        return new CostMeters(registry, Mappings.read(PricesConfig.class, settings));
    }
}
