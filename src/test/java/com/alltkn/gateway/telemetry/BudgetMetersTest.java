package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.MadeUpDirectory;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.MutableClock;
import com.alltkn.gateway.quota.MadeUpQuotas;
import com.alltkn.gateway.quota.Quotas;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.StartupEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BudgetMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final MutableClock clock = new MutableClock(Instant.parse("2026-11-24T10:00:00Z"));
    private final Quotas quotas = MadeUpQuotas.local(clock);
    private final MadeUpDirectory callers =
            new MadeUpDirectory(
                    """
                    callers:
                      - %s, budget: {daily-tokens: 1000, monthly-tokens: 10000}}
                      - %s, budget: {monthly-tokens: 500}}
                      - %s}
                    """
                            .formatted(caller("both"), caller("month"), caller("none")));

    @BeforeEach
    void register() {
        new BudgetMeters().register(new StartupEvent(), registry, callers.directory(), quotas);
    }

    @Test
    void showWhatIsUsedOfTheBudgetsThatThereAre() {
        MadeUpQuotas.use(quotas, Caller.named("both"), 250);
        MadeUpQuotas.use(quotas, Caller.named("none"), 250);

        assertThat(used())
                .isEqualTo(Map.of("both daily", 0.25, "both monthly", 0.025, "month monthly", 0.0));
    }

    @Test
    void beginAnewWithTheDayAndTheMonth() {
        MadeUpQuotas.use(quotas, Caller.named("both"), 250);
        clock.advance(Duration.ofDays(1));
        assertThat(used()).containsEntry("both daily", 0.0).containsEntry("both monthly", 0.025);

        clock.advance(Duration.ofDays(7));

        assertThat(used()).containsEntry("both daily", 0.0).containsEntry("both monthly", 0.0);
    }

    @Test
    void comeAndGoAndChangeWithTheCallersFile() {
        MadeUpQuotas.use(quotas, Caller.named("both"), 250);

        callers.change(
                """
                callers:
                  - %s, budget: {daily-tokens: 500}}
                  - %s, budget: {daily-tokens: 100}}
                """
                        .formatted(caller("both"), caller("new")));

        assertThat(used()).isEqualTo(Map.of("both daily", 0.5, "new daily", 0.0));
    }

    private Map<String, Double> used() {
        return registry.find("gateway.callers.budget.used.ratio").gauges().stream()
                .collect(
                        Collectors.toMap(
                                gauge ->
                                        gauge.getId().getTag("caller")
                                                + " "
                                                + gauge.getId().getTag("budget"),
                                Gauge::value));
    }

    /// The beginning of a caller in YAML.
    private static String caller(String id) {
        return "{id: %s, api-keys: ['sha256:%s']"
                .formatted(id, MadeUpCallers.sha256("test-key-" + id));
    }
}
