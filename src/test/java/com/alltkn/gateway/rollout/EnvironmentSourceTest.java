package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EnvironmentSourceTest {

    private static final Optional<URI> SANDBOX =
            Optional.of(URI.create("http://127.0.0.1:8099/api/v1"));

    @Test
    void findsTheSettingsOnce() {
        var source =
                source(
                        Map.of(
                                "ALLTKN_API_KEY",
                                "test-key-1",
                                "AI_LOG_LEVEL",
                                "debug",
                                "HOME",
                                "/"),
                        SANDBOX);

        assertThat(source.name()).isEqualTo("environment");
        assertThat(source.read())
                .isEqualTo(
                        new Found(
                                1,
                                Map.of("ALLTKN_API_KEY", "test-key-1", "AI_LOG_LEVEL", "debug")));
        assertThat(source.read()).isEqualTo(new Unchanged());
    }

    @Test
    void speaksToTheSandboxWithoutAKey() {
        var source = source(Map.of("ALLTKN_BASE_URL", "https://api.alltkn.com/api/v1"), SANDBOX);

        assertThat(source.name()).isEqualTo("sandbox");
        assertThat(source.read())
                .isEqualTo(
                        new Found(
                                1,
                                Map.of(
                                        "ALLTKN_API_KEY", "sandbox-key",
                                        "ALLTKN_BASE_URL", "http://127.0.0.1:8099/api/v1")));
    }

    @Test
    void hasNothingToOfferWithoutAKeyAndWithoutASandbox() {
        assertThat(source(Map.of(), Optional.empty()).read()).isEqualTo(new Found(1, Map.of()));
    }

    private static EnvironmentSource source(
            Map<String, String> environment, Optional<URI> sandbox) {
        return new EnvironmentSource(name -> Optional.ofNullable(environment.get(name)), sandbox);
    }
}
