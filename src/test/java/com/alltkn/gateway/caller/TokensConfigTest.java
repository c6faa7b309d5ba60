package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokensConfigTest {

    @Test
    void takesNobodysTokensByDefault() {
        var config = Mappings.read(TokensConfig.class, Map.of());

        assertThat(config.issuer()).isEmpty();
        assertThat(config.audience()).isEmpty();
        assertThat(config.jwksUrl()).isEmpty();
        assertThat(config.bearerFile()).isEmpty();
        assertThat(config.tlsConfiguration()).isEmpty();
        assertThat(config.leeway()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.refreshInterval()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void takesEveryKey() {
        var prefix = "gateway.callers.tokens.";

        var config =
                Mappings.read(
                        TokensConfig.class,
                        Map.of(
                                prefix + "issuer", "https://issuer.example",
                                prefix + "audience", "alltkn-gateway",
                                prefix + "jwks-url", "https://issuer.example/keys",
                                prefix + "bearer-file", "/var/run/token",
                                prefix + "tls-configuration", "cluster",
                                prefix + "leeway", "5s",
                                prefix + "refresh-interval", "1m"));

        assertThat(config.issuer()).contains("https://issuer.example");
        assertThat(config.audience()).contains("alltkn-gateway");
        assertThat(config.jwksUrl()).contains(URI.create("https://issuer.example/keys"));
        assertThat(config.bearerFile()).contains(Path.of("/var/run/token"));
        assertThat(config.tlsConfiguration()).contains("cluster");
        assertThat(config.leeway()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.refreshInterval()).isEqualTo(Duration.ofMinutes(1));
    }
}
