package com.alltkn.gateway.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HealthPromptConfigTest {

    @Test
    void hasDefaults() {
        var config = Mappings.read(HealthPromptConfig.class, Map.of());

        assertThat(config.enabled()).isTrue();
        assertThat(config.interval()).isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void takesEveryKey() {
        var config =
                Mappings.read(
                        HealthPromptConfig.class,
                        Map.of(
                                "gateway.health.prompt.enabled", "false",
                                "gateway.health.prompt.interval", "30s"));

        assertThat(config.enabled()).isFalse();
        assertThat(config.interval()).isEqualTo(Duration.ofSeconds(30));
    }
}
