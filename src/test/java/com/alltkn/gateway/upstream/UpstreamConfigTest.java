package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.rollout.Clocks;
import com.alltkn.gateway.rollout.Settings;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UpstreamConfigTest {

    @Test
    void hasDefaults() {
        var config = Mappings.read(UpstreamConfig.class, Map.of());

        assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.firstByteTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.idleTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.streamTimeout()).isEqualTo(Duration.ofMinutes(30));
        assertThat(config.maxConnections()).isEqualTo(4000);
        assertThat(config.callerSharePercent()).isEqualTo(50);
        assertThat(config.keepAlive()).isEqualTo(Duration.ofSeconds(4));
        assertThat(config.askForUsage()).isTrue();
        assertThat(config.tlsConfiguration()).isEmpty();
        assertThat(config.routes()).isEmpty();
    }

    @Test
    void takesEveryKey() {
        var config =
                Mappings.read(
                        UpstreamConfig.class,
                        Map.ofEntries(
                                Map.entry("gateway.upstream.connect-timeout", "1s"),
                                Map.entry("gateway.upstream.first-byte-timeout", "2s"),
                                Map.entry("gateway.upstream.idle-timeout", "3s"),
                                Map.entry("gateway.upstream.stream-timeout", "4m"),
                                Map.entry("gateway.upstream.max-connections", "5"),
                                Map.entry("gateway.upstream.caller-share-percent", "60"),
                                Map.entry("gateway.upstream.keep-alive", "6s"),
                                Map.entry("gateway.upstream.ask-for-usage", "false"),
                                Map.entry("gateway.upstream.tls-configuration", "own"),
                                Map.entry(
                                        "gateway.upstream.routes.\"audio/speech\".first-byte-timeout",
                                        "7s"),
                                Map.entry(
                                        "gateway.upstream.routes.\"audio/speech\".idle-timeout",
                                        "8s"),
                                Map.entry(
                                        "gateway.upstream.routes.\"audio/speech\".request-timeout",
                                        "9s"),
                                Map.entry(
                                        "gateway.upstream.routes.\"audio/speech\".stream-timeout",
                                        "10s")));

        assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.firstByteTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.idleTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.streamTimeout()).isEqualTo(Duration.ofMinutes(4));
        assertThat(config.maxConnections()).isEqualTo(5);
        assertThat(config.callerSharePercent()).isEqualTo(60);
        assertThat(config.keepAlive()).isEqualTo(Duration.ofSeconds(6));
        assertThat(config.askForUsage()).isFalse();
        assertThat(config.tlsConfiguration()).contains("own");
        assertThat(config.routes())
                .hasEntrySatisfying(
                        "audio/speech",
                        route -> {
                            assertThat(route.firstByteTimeout()).contains(Duration.ofSeconds(7));
                            assertThat(route.idleTimeout()).contains(Duration.ofSeconds(8));
                            assertThat(route.requestTimeout()).contains(Duration.ofSeconds(9));
                            assertThat(route.streamTimeout()).contains(Duration.ofSeconds(10));
                        });
    }

    @Test
    void givesARouteItsOwnClocks() {
        var config =
                Mappings.read(
                        UpstreamConfig.class,
                        Map.of(
                                "gateway.upstream.routes.\"responses\".request-timeout", "9s",
                                "gateway.upstream.routes.\"responses\".first-byte-timeout", "7s"));

        var settings = MadeUpRevision.number(1).settings();

        assertThat(AttemptClocks.atOnce(config, "responses", settings).total())
                .isEqualTo(Duration.ofSeconds(9));
        assertThat(AttemptClocks.atOnce(config, "embeddings", settings).total())
                .isEqualTo(settings.requestTimeout());
        assertThat(AttemptClocks.streamed(config, "responses", settings))
                .isEqualTo(
                        new AttemptClocks(
                                config.connectTimeout(),
                                Duration.ofSeconds(7),
                                config.idleTimeout(),
                                config.streamTimeout()));
    }

    @Test
    void letsARevisionsClocksWinOverThoseOfTheProcessAndARoutesOverBoth() {
        var config =
                Mappings.read(
                        UpstreamConfig.class,
                        Map.of("gateway.upstream.routes.\"responses\".idle-timeout", "1s"));
        var plain = MadeUpRevision.number(1).settings();
        var settings =
                new Settings(
                        plain.apiKey(),
                        plain.keyId(),
                        plain.baseUrl(),
                        plain.defaultModel(),
                        plain.requestTimeout(),
                        plain.logLevel(),
                        plain.fallbackModels(),
                        plain.canaryPercent(),
                        new Clocks(
                                Optional.of(Duration.ofSeconds(2)),
                                Optional.of(Duration.ofSeconds(3)),
                                Optional.of(Duration.ofSeconds(4)),
                                Optional.of(Duration.ofSeconds(5))),
                        plain.origins());

        assertThat(AttemptClocks.streamed(config, "chat/completions", settings))
                .isEqualTo(
                        new AttemptClocks(
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(3),
                                Duration.ofSeconds(4),
                                Duration.ofSeconds(5)));
        assertThat(AttemptClocks.streamed(config, "responses", settings).idle())
                .isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.contentId()).isNotEqualTo(plain.contentId());
    }

    @Test
    void hasDefaultsForRetriesAndBreaker() {
        var retry = Mappings.read(RetryConfig.class, Map.of());
        var breaker = Mappings.read(BreakerConfig.class, Map.of());

        assertThat(retry.maxRetries()).isEqualTo(2);
        assertThat(retry.budgetPercent()).isEqualTo(20);
        assertThat(retry.minInFlight()).isEqualTo(3);
        assertThat(retry.baseDelay()).isEqualTo(Duration.ofMillis(200));
        assertThat(retry.longestWait()).isEqualTo(Duration.ofSeconds(5));
        assertThat(breaker.failures()).isEqualTo(50);
        assertThat(breaker.interval()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void takesEveryKeyForRetriesAndBreaker() {
        var retry =
                Mappings.read(
                        RetryConfig.class,
                        Map.of(
                                "gateway.upstream.retry.max-retries", "1",
                                "gateway.upstream.retry.budget-percent", "2",
                                "gateway.upstream.retry.min-in-flight", "4",
                                "gateway.upstream.retry.base-delay", "5ms",
                                "gateway.upstream.retry.longest-wait", "6s"));
        var breaker =
                Mappings.read(
                        BreakerConfig.class,
                        Map.of(
                                "gateway.upstream.breaker.failures", "7",
                                "gateway.upstream.breaker.interval", "8s"));

        assertThat(retry.maxRetries()).isEqualTo(1);
        assertThat(retry.budgetPercent()).isEqualTo(2);
        assertThat(retry.minInFlight()).isEqualTo(4);
        assertThat(retry.baseDelay()).isEqualTo(Duration.ofMillis(5));
        assertThat(retry.longestWait()).isEqualTo(Duration.ofSeconds(6));
        assertThat(breaker.failures()).isEqualTo(7);
        assertThat(breaker.interval()).isEqualTo(Duration.ofSeconds(8));
    }
}
