package com.alltkn.gateway.startup;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.GatewayProcess.Launch;
import com.alltkn.gateway.laboratory.SecretScan;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the packaged application says where it must not start: a sentence for each thing that is
/// wrong, on standard error, and nothing else anywhere.
class StartRefusalIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String INTRODUCTION = "alltkn-gateway does not start: ";
    private static final String NO_CALLERS =
            "gateway.callers.file is not set: without callers nobody could use the gateway";
    private static final String NO_VAULT =
            "quarkus.vault.url is missing, which gateway.source=vault needs";
    private static final String NO_LOGIN =
            "quarkus.vault.authentication has no complete login, which gateway.source=vault needs:"
                    + " client-token, app-role, kubernetes.role or userpass";

    private static final String BYSTANDER = "fake-token-" + UUID.randomUUID();

    @TempDir private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"production", "Prod", "prod,dev"})
    void refusesAnyProfileButOneOfTheFour(String profile) throws IOException, InterruptedException {
        var refused = refuse(GatewayProcess.inProfile(profile));

        assertThat(refused)
                .hasSize(1)
                .first()
                .asString()
                .startsWith(
                        INTRODUCTION
                                + "quarkus.profile must be exactly one of dev, test, staging, prod,"
                                + " not ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "prod"})
    void refusesAStartWithoutVaultLoginAndCallers(String profile)
            throws IOException, InterruptedException {
        assertThat(refuse(GatewayProcess.inProfile(profile)))
                .containsExactlyElementsOf(sentences(NO_VAULT, NO_LOGIN, NO_CALLERS));
    }

    @ParameterizedTest
    @ValueSource(strings = {"staging", "prod"})
    void refusesEverythingDangerousAtOnce(String profile) throws IOException, InterruptedException {
        var key = "test-key-" + UUID.randomUUID();
        var launch =
                sound(profile)
                        .environment("GATEWAY_CALLERS_DEVELOPMENT_KEY", key)
                        .environment("GATEWAY_SANDBOX_URL", "http://127.0.0.1:8089/api/v1")
                        .environment("QUARKUS_VAULT_URL", "http://vault.example:8200")
                        .environment("ALLTKN_API_KEY", key)
                        .environment("ALLTKN_BASE_URL", "http://api.alltkn.com/api/v1")
                        .environment("QUARKUS_LOG_LEVEL", "DEBUG")
                        .environment("QUARKUS_LOG_CATEGORY__IO_VERTX__LEVEL", "TRACE")
                        .property("quarkus.log.category.\"io.quarkus.vault\".level", "FINE");
        for (var name : browserBound()) {
            launch.environment(name, key);
        }
        var expected = new ArrayList<String>();
        expected.add(
                "gateway.callers.development-key must not be set in "
                        + profile
                        + ": everybody knows the development caller's key");
        expected.add("gateway.sandbox.url must not be set in " + profile);
        expected.add("quarkus.vault.url must begin with https:// in " + profile);
        expected.add(
                "ALLTKN_API_KEY must not stand in the process' environment in "
                        + profile
                        + ": keep it in the source that gateway.source names");
        for (var name : browserBound()) {
            expected.add(name + " must not be set: a bundler may copy its value to browsers");
        }
        expected.add(
                "ALLTKN_BASE_URL from environment must begin with https:// so that the key is not"
                        + " sent unencrypted");
        expected.add(
                "quarkus.log.level must not be DEBUG in "
                        + profile
                        + ": it would print bodies and tokens");
        expected.add(
                "quarkus.log.category.\"io.quarkus.vault\".level must not be FINE in "
                        + profile
                        + ": it could print bodies or tokens");
        expected.add(
                "quarkus.log.category.\"io.vertx\".level must not be TRACE in "
                        + profile
                        + ": it could print bodies or tokens");

        var refused = refuse(launch);

        // Around it the log speaks at the levels that are refused.
        assertThat(refused.stream().filter(l -> l.equals(INTRODUCTION) || l.startsWith("  - ")))
                .containsExactlyInAnyOrderElementsOf(sentences(expected.toArray(String[]::new)));
        assertThat(refused).noneMatch(line -> line.contains(key));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GATEWAY_SOURCE|environment|gateway.source must not be environment in prod",
                "GATEWAY_SOURCE|redis|gateway.source must be one of vault, file, environment, not"
                        + " redis",
                "GATEWAY_SOURCE|file|gateway.file.path is missing, which gateway.source=file needs",
                "ALLTKN_BASE_URL|https://elsewhere.example/api/v1|ALLTKN_BASE_URL from environment"
                        + " names the host elsewhere.example, which is not in"
                        + " gateway.upstream.allowed-hosts",
                "GATEWAY_CALLERS_FILE|/no/such/file.yaml|gateway.callers.file: cannot read"
                        + " /no/such/file.yaml (absent)",
            })
    void refusesADangerousSetting(String name, String value, String sentence)
            throws IOException, InterruptedException {
        assertThat(refuse(sound("prod").environment(name, value)))
                .containsExactlyElementsOf(sentences(sentence));
    }

    /// Whatever it is that hands somebody a secret, and wherever the key is from.
    @Test
    void refusesWhateverTakesAnybodyForTheServer() throws IOException, InterruptedException {
        var launch =
                sound("prod")
                        .environment("GATEWAY_SOURCE", "file")
                        .environment("GATEWAY_FILE_PATH", "/no/such/directory")
                        .environment("QUARKUS_TLS_TRUST_ALL", "true")
                        .environment("QUARKUS_TLS_UPSTREAM_TRUST_ALL", "yes")
                        .environment("QUARKUS_TLS__OTHER__TRUST_ALL", "1")
                        .environment("QUARKUS_TLS_THIRD_HOSTNAME_VERIFICATION_ALGORITHM", "NONE")
                        .environment("QUARKUS_REST_CLIENT_VERIFY_HOST", "false")
                        .environment("QUARKUS_VAULT_TLS_SKIP_VERIFY", "true")
                        .environment("QUARKUS_REDIS_TLS_TRUST_ALL", "true")
                        .property("quarkus.tls.fourth.trust-all", "true")
                        .property("jdk.internal.httpclient.disableHostnameVerification", "");

        var refused = refuse(launch);

        assertThat(refused.stream().filter(line -> line.startsWith("  - ")).map(line -> bare(line)))
                .containsExactlyInAnyOrder(
                        "quarkustlstrustallmustnotbetrueinprod",
                        "quarkustlsupstreamtrustallmustnotbeyesinprod",
                        "quarkustlsothertrustallmustnotbe1inprod",
                        "quarkustlsthirdhostnameverificationalgorithmmustnotbenoneinprod",
                        "quarkusrestclientverifyhostmustnotbefalseinprod",
                        "quarkusvaulttlsskipverifymustnotbetrueinprod",
                        "quarkusredistlstrustallmustnotbetrueinprod",
                        "quarkustlsfourthtrustallmustnotbetrueinprod",
                        "jdkinternalhttpclientdisablehostnameverificationmustnotbesetinprod");
    }

    @ParameterizedTest
    @ValueSource(strings = {"_PROD_QUARKUS_TLS_TRUST_ALL", "quarkus_tls_trust_all"})
    void refusesItInEverySpelling(String variable) throws IOException, InterruptedException {
        var refused = refuse(sound("prod").environment(variable, "true"));

        assertThat(refused).hasSize(2);
        assertThat(bare(refused.getLast())).isEqualTo("quarkustlstrustallmustnotbetrueinprod");
    }

    /// Its name, never its value: that may hold a password, or be one that was put into the wrong
    /// place.
    @Test
    void namesASettingThatMayHoldASecretWithoutItsValue() throws IOException, InterruptedException {
        var secret = "fake-" + UUID.randomUUID() + "+%2F";
        var scan =
                new SecretScan()
                        .add("secret", secret)
                        .add("its middle", secret.substring(8, 30))
                        .add("bystander", BYSTANDER);
        var bad =
                List.of(
                        "quarkus.redis.hosts=redis://:" + secret + "@ho st:6379",
                        "quarkus.redis.hosts=redis://:" + secret + "@127.0.0.1:63x",
                        "quarkus.redis.hosts=redis://a:1,http://u:" + secret + "@b:2",
                        "quarkus.vault.url=https://u:" + secret + "@ho st",
                        "quarkus.vault.url=" + secret,
                        "gateway.traces.endpoint=http://u:" + secret + "@ho st:4317",
                        "gateway.traces.endpoint=" + secret,
                        "gateway.callers.tokens.jwks-url=https://u:" + secret + "@ho st",
                        "gateway.callers.development-key=" + secret,
                        "ALLTKN_API_KEY=" + secret);

        var named = 0;
        // A few at a time, for each takes seconds of CPU.
        for (int from = 0; from < bad.size(); from += 4) {
            var processes = new ArrayList<GatewayProcess>();
            try {
                for (var setting : bad.subList(from, Math.min(from + 4, bad.size()))) {
                    processes.add(badly(setting).start());
                }
                for (int i = 0; i < processes.size(); i++) {
                    var process = processes.get(i);
                    assertThat(process.awaitExit(SOON)).isEqualTo(1);
                    var said = process.stderr();
                    var name = bad.get(from + i).split("=", 2)[0];
                    assertThat(scan.in(name, said + process.stdout())).isEmpty();
                    assertThat(said).contains(INTRODUCTION);
                    named += said.contains(name) ? 1 : 0;
                }
            } finally {
                processes.forEach(GatewayProcess::close);
            }
        }
        // Two of them say what is wrong with an address in words of a library that quote nothing.
        assertThat(named).isEqualTo(bad.size() - 2);
    }

    /// A start that fails by a setting, told to print all that it can.
    private Launch badly(String setting) throws IOException {
        var parts = setting.split("=", 2);
        var launch =
                sound("prod")
                        .environment("GATEWAY_SHARED_STATE", "redis")
                        // Sound, and secret: it has no part in the failure.
                        .environment("QUARKUS_VAULT_AUTHENTICATION_CLIENT_TOKEN", BYSTANDER)
                        .environment("QUARKUS_LOG_LEVEL", "TRACE")
                        .environment("QUARKUS_LOG_CATEGORY__IO_SMALLRYE_CONFIG__LEVEL", "TRACE")
                        .environment("QUARKUS_CONFIG_LOG_VALUES", "true")
                        .environment("SMALLRYE_CONFIG_LOG_VALUES", "true");
        var variable = parts[0].toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
        return launch.environment(variable, parts[1]);
    }

    private static String bare(String line) {
        return line.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
    }

    @Test
    void refusesCallersThatHaveTheirKeysInTheFile() throws IOException, InterruptedException {
        var key = "test-caller-" + UUID.randomUUID();
        var file = directory.resolve("wrong.yaml");
        Files.writeString(file, "callers:\n  - id: one\n    api-keys: [\"" + key + "\"]\n");

        var refused = refuse(sound("prod").environment("GATEWAY_CALLERS_FILE", file.toString()));

        assertThat(refused).hasSize(2);
        assertThat(refused.getLast())
                .startsWith("  - gateway.callers.file: " + file + ": ")
                .doesNotContain(key);
    }

    @Test
    void refusesADevelopmentKeyInTest() throws IOException, InterruptedException {
        assertThat(refuse(sound("test").environment("GATEWAY_CALLERS_DEVELOPMENT_KEY", "x")))
                .containsExactlyElementsOf(
                        sentences(
                                "gateway.callers.development-key must not be set in test:"
                                        + " everybody knows the development caller's key"));
    }

    @Test
    void refusesDevOnAnAddressThatOthersReach() throws IOException, InterruptedException {
        var launch =
                GatewayProcess.inProfile("dev")
                        .environment("QUARKUS_HTTP_HOST", "0.0.0.0")
                        .environment("QUARKUS_MANAGEMENT_HOST", "0.0.0.0");

        assertThat(refuse(launch))
                .containsExactlyElementsOf(
                        sentences(
                                "quarkus.http.host must be a loopback address in dev, not 0.0.0.0:"
                                        + " its caller's key is known to everybody",
                                "quarkus.management.host must be a loopback address in dev, not"
                                        + " 0.0.0.0: its caller's key is known to everybody"));
    }

    @Test
    void refusesAnotherValueForWhatWasFixedByTheBuild() throws IOException, InterruptedException {
        var refused = refuse(sound("prod").property("quarkus.micrometer.binder.jvm", "false"));

        assertThat(refused.getFirst()).startsWith(INTRODUCTION);
        assertThat(String.join("\n", refused)).contains("quarkus.micrometer.binder.jvm");
    }

    @Test
    void tellsOfAPortThatIsTaken() throws IOException, InterruptedException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = Integer.toString(taken.getLocalPort());

            var refused = refuse(sound("prod").environment("QUARKUS_HTTP_PORT", port));

            // The configuration was accepted, so the loop may have told of its source before.
            assertThat(refused.getLast()).startsWith(INTRODUCTION).contains(port);
            assertThat(refused).noneMatch(line -> line.startsWith("\tat "));
        }
    }

    /// Everything that prod demands, none of it there.
    private Launch sound(String profile) throws IOException {
        var callers = directory.resolve("callers.yaml");
        Files.writeString(
                callers,
                "callers:\n  - id: one\n    api-keys: [\"sha256:" + "0".repeat(64) + "\"]\n");
        return GatewayProcess.inProfile(profile)
                .environment("GATEWAY_CALLERS_FILE", callers.toString())
                .environment("QUARKUS_VAULT_URL", "https://127.0.0.1:1")
                .environment("QUARKUS_VAULT_AUTHENTICATION_CLIENT_TOKEN", "test-token");
    }

    private static List<String> browserBound() {
        var names = new ArrayList<String>();
        for (var prefix :
                List.of(
                        "NEXT_PUBLIC_",
                        "VITE_",
                        "REACT_APP_",
                        "PUBLIC_",
                        "NUXT_PUBLIC_",
                        "EXPO_PUBLIC_")) {
            for (var setting :
                    List.of(
                            "ALLTKN_API_KEY",
                            "ALLTKN_BASE_URL",
                            "ALLTKN_DEFAULT_MODEL",
                            "AI_REQUEST_TIMEOUT_MS",
                            "AI_LOG_LEVEL")) {
                names.add(prefix + setting);
            }
        }
        return names;
    }

    private static List<String> sentences(String... violations) {
        var lines = new ArrayList<>(List.of(INTRODUCTION));
        for (var violation : violations) {
            lines.add("  - " + violation);
        }
        return lines;
    }

    /// Starts it and returns what it says on standard error.
    private static List<String> refuse(Launch launch) throws InterruptedException {
        try (var process = launch.start()) {
            var code = process.awaitExit(SOON);

            assertThat(code).as(process.stderr()).isEqualTo(1);
            assertThat(process.stdout()).isEmpty();
            assertThat(process.stderr()).endsWith("\n");
            return process.stderr().lines().toList();
        }
    }
}
