package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UpstreamConfigTest {

    @Test
    void hasDefaults() {
        var config = Mappings.read(UpstreamConfig.class, Map.of());

        assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.firstByteTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.idleTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.streamTimeout()).isEqualTo(Duration.ofMinutes(30));
        assertThat(config.maxConnections()).isEqualTo(2000);
        assertThat(config.keepAlive()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.askForUsage()).isTrue();
        assertThat(config.tlsConfiguration()).isEmpty();
    }

    @Test
    void takesEveryKey() {
        var config =
                Mappings.read(
                        UpstreamConfig.class,
                        Map.of(
                                "gateway.upstream.connect-timeout", "1s",
                                "gateway.upstream.first-byte-timeout", "2s",
                                "gateway.upstream.idle-timeout", "3s",
                                "gateway.upstream.stream-timeout", "4m",
                                "gateway.upstream.max-connections", "5",
                                "gateway.upstream.keep-alive", "6s",
                                "gateway.upstream.ask-for-usage", "false",
                                "gateway.upstream.tls-configuration", "own"));

        assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.firstByteTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.idleTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.streamTimeout()).isEqualTo(Duration.ofMinutes(4));
        assertThat(config.maxConnections()).isEqualTo(5);
        assertThat(config.keepAlive()).isEqualTo(Duration.ofSeconds(6));
        assertThat(config.askForUsage()).isFalse();
        assertThat(config.tlsConfiguration()).contains("own");
    }
}
