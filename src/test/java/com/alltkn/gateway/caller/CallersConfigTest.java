package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CallersConfigTest {

    @Test
    void hasDefaults() {
        var config = Mappings.read(CallersConfig.class, Map.of());

        assertThat(config.file()).isEmpty();
        assertThat(config.pollInterval()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.developmentKey()).isEmpty();
    }

    @Test
    void takesEveryKey() {
        var config =
                Mappings.read(
                        CallersConfig.class,
                        Map.of(
                                "gateway.callers.file", "/etc/gateway/callers.yaml",
                                "gateway.callers.poll-interval", "1s",
                                "gateway.callers.development-key", "test-caller-key"));

        assertThat(config.file()).contains(Path.of("/etc/gateway/callers.yaml"));
        assertThat(config.pollInterval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.developmentKey()).contains("test-caller-key");
    }
}
