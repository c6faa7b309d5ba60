package com.alltkn.gateway.startup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartFailureTest {

    private static final String SECRET = "fake-" + UUID.randomUUID();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "quarkus.redis.hosts|redis://:SECRET@ho st:1|Illegal character at 9: VALUE",
                "quarkus.redis.hosts|redis://a:1,redis://u:SECRET@b:c|bad port in u:SECRET@b:c",
                "quarkus.redis.hosts|SECRET|unknown scheme of SECRET",
                "quarkus.vault.url|https://u:SECRET@host:1/v1|no connection to VALUE",
                "quarkus.vault.url|https://host:1/?t=SECRET|no connection to /?t=SECRET",
                "quarkus.vault.url|https://u:a%20SECRET@host|refused: a SECRET",
                "QUARKUS_VAULT_URL|https://u:SECRET@host|no connection to VALUE",
                "quarkus.vault.authentication.client-token|SECRET|header with SECRET\\0 in it",
                "gateway.traces.endpoint|http://u:SECRET@h:4317|Invalid endpoint: VALUE",
                "gateway.callers.tokens.jwks-url|https://u:SECRET@h|bad VALUE",
                "quarkus.tls.up.key-store.p12.password|SECRET|cannot open with SECRET",
                "a.proxy-user-info|u:SECRET|cannot log in as VALUE",
            })
    void namesTheSettingInsteadOfAValueThatMayBeSecret(String name, String value, String said) {
        var set = value.replace("SECRET", SECRET);
        var failure = new StartFailure(Map.of(name, set));
        var cause = new IllegalStateException(said.replace("VALUE", set).replace("SECRET", SECRET));

        var words = failure.words(new RuntimeException("outer", cause));

        assertThat(words)
                .isEqualTo(name + " cannot be used; the value may hold a secret and is not shown");
    }

    /// It may be in a source that the process cannot look into any more.
    @Test
    void believesTheMessageWhoseValueItIs() {
        var failure = new StartFailure(Map.of());
        var cause =
                new IllegalStateException(
                        """
                        Configuration validation failed:
                        \tSRCFG00039: The config property quarkus.redis.hosts with the config value \
                        "redis://:%1$s@a b" threw an Exception whilst being converted a %1$s
                        \tSRCFG00039: The config property quarkus.http.port with the config value \
                        "80x" threw an Exception whilst being converted SRCFG00029: Expected an \
                        integer value, got "80x\"\
                        """
                                .formatted(SECRET));

        var words = failure.words(cause);

        assertThat(words.lines())
                .containsExactly(
                        "Configuration validation failed:",
                        "quarkus.redis.hosts cannot be used; the value may hold a secret and is not"
                                + " shown",
                        "\tSRCFG00039: The config property quarkus.http.port with the config value"
                                + " \"80x\" threw an Exception whilst being converted SRCFG00029:"
                                + " Expected an integer value, got \"80x\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "quarkus.vault.url|https://127.0.0.1:8200|Port 8080 of 127.0.0.1 is in use",
                "quarkus.redis.hosts|redis://redis:6379|no redis at https",
                "gateway.file.path|/keys/settings|cannot read /keys/settings",
                "quarkus.http.auth.proactive|false|a.b is set to 'false' but was fixed to 'true'",
                "quarkus.http.port|80x|Expected an integer value, got 80x",
            })
    void saysWhatIsNoSecret(String name, String value, String said) {
        var failure = new StartFailure(Map.of(name, value));

        assertThat(failure.words(new RuntimeException(said))).isEqualTo(said);
    }

    @Test
    void leavesTheGatewaysOwnSentencesAlone() {
        var failure = new StartFailure(Map.of("gateway.callers.development-key", "must"));

        assertThat(failure.words(new RefusedStartException(List.of("it must be", "it must not"))))
                .isEqualTo("\n  - it must be\n  - it must not");
    }

    @Test
    void namesAFailureThatSaysNothing() {
        assertThat(new StartFailure(Map.of()).words(new IllegalStateException()))
                .isEqualTo("java.lang.IllegalStateException");
    }
}
