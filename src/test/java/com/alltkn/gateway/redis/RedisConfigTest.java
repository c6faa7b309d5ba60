package com.alltkn.gateway.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RedisConfigTest {

    @Test
    void hasDefaults() {
        var config = Mappings.read(RedisConfig.class, Map.of());

        assertThat(config.deadline()).isEqualTo(Duration.ofMillis(20));
        assertThat(config.passwordFile()).isEmpty();
        assertThat(config.assumedPods()).isEqualTo(3);
    }

    @Test
    void readsEveryKey() {
        var config =
                Mappings.read(
                        RedisConfig.class,
                        Map.of(
                                "gateway.redis.deadline", "5ms",
                                "gateway.redis.password-file", "/redis/password",
                                "gateway.redis.assumed-pods", "7"));

        assertThat(config.deadline()).isEqualTo(Duration.ofMillis(5));
        assertThat(config.passwordFile()).contains(Path.of("/redis/password"));
        assertThat(config.assumedPods()).isEqualTo(7);
    }
}
