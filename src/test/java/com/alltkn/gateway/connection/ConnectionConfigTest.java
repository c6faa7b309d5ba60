package com.alltkn.gateway.connection;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConnectionConfigTest {

    @Test
    void hasDefaults() {
        var config = Mappings.read(ConnectionConfig.class, Map.of());

        assertThat(config.maxConnections()).isEqualTo(4000);
        assertThat(config.maxConnectionsPerCaller()).isEmpty();
        assertThat(config.maxConnectionsPerAddress()).isEmpty();
        assertThat(config.headTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.strangerTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.keepAlive()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.unreadTimeout()).isEqualTo(Duration.ofMinutes(2));
        assertThat(config.maxUnsentMemory()).isEmpty();
    }

    @Test
    void takesEveryKey() {
        var config =
                Mappings.read(
                        ConnectionConfig.class,
                        Map.of(
                                "gateway.exchange.max-connections", "4",
                                "gateway.exchange.max-connections-per-caller", "3",
                                "gateway.exchange.max-connections-per-address", "2",
                                "gateway.exchange.head-timeout", "5s",
                                "gateway.exchange.stranger-timeout", "6s",
                                "gateway.exchange.keep-alive", "7s",
                                "gateway.exchange.unread-timeout", "8s",
                                "gateway.exchange.max-unsent-memory", "1M"));

        assertThat(config.maxConnections()).isEqualTo(4);
        assertThat(config.maxConnectionsPerCaller()).hasValue(3);
        assertThat(config.maxConnectionsPerAddress()).hasValue(2);
        assertThat(config.headTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.strangerTimeout()).isEqualTo(Duration.ofSeconds(6));
        assertThat(config.keepAlive()).isEqualTo(Duration.ofSeconds(7));
        assertThat(config.unreadTimeout()).isEqualTo(Duration.ofSeconds(8));
        assertThat(config.maxUnsentMemory().orElseThrow().asLongValue()).isEqualTo(1024 * 1024);
    }
}
