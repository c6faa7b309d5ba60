package com.alltkn.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Header;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.laboratory.TestCertificates;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The packaged application in `prod`, with an upstream and a Vault that speak TLS.
class ProductionIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";
    private static final String STREAMED_CHAT =
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + "\"messages\":[]}";

    private static Production production;
    private static GatewayProcess gateway;

    @BeforeAll
    static void start() {
        production = Production.start();
        gateway = production.gateway().start().awaitReady();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        production.close();
    }

    @AfterEach
    void forget() {
        production.upstream().forget();
    }

    @Test
    void answersAPlainRequestWithTheKeyFromVault() throws IOException {
        var response = gateway.send(production.post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
        assertThat(production.upstream().requests())
                .singleElement()
                .satisfies(
                        request -> assertThat(keyOf(request)).isEqualTo(production.upstreamKey()));
    }

    @Test
    void answersAStreamedRequestWithTheKeyFromVault() throws IOException {
        production.upstream().answer(Script.sse(Script.event("{\"n\":1}"), Script.event("[DONE]")));

        var response = gateway.send(production.post("/api/v1/chat/completions", STREAMED_CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.bodyText()).isEqualTo("data: {\"n\":1}\n\ndata: [DONE]\n\n");
        assertThat(production.upstream().requests())
                .singleElement()
                .satisfies(
                        request -> assertThat(keyOf(request)).isEqualTo(production.upstreamKey()));
    }

    @Test
    void sendsNoKeyToAnUpstreamWhoseCertificateIsNotTrustedAndServesTheVersionBefore()
            throws IOException {
        try (var stranger = ScriptedUpstream.start(TestCertificates.create().serverContext());
                var own = Production.start()) {
            own.write(own.upstreamKey(), Map.of("ALLTKN_BASE_URL", stranger.baseUrl().toString()));
            try (var strict = own.gateway().start().awaitReady()) {
                var response = strict.send(own.post("/v1/chat/completions", CHAT));

                assertThat(response.status()).isEqualTo(200);
                assertThat(response.header("x-gateway-revision")).contains("1");
                assertThat(stranger.requests()).isEmpty();
                assertThat(stranger.prompts()).isEmpty();
                assertThat(stranger.receivedBytes()).isZero();
            }
        }
    }

    @Test
    void becomesReadyByItselfSoonAfterVaultAnswers() throws IOException {
        try (var own = Production.start()) {
            own.vault().stop();
            try (var early = own.gateway().start().await("started")) {
                await().during(Duration.ofSeconds(3))
                        .atMost(Duration.ofSeconds(4))
                        .until(() -> early.probe("live") == 200 && early.probe("ready") == 503);
                var refused = early.send(own.post("/v1/chat/completions", CHAT));

                own.vault().start();
                own.vault().unseal();

                await().atMost(Duration.ofSeconds(5)).until(() -> early.probe("ready") == 200);
                var answered = early.send(own.post("/v1/chat/completions", CHAT));
                assertThat(refused.status()).isEqualTo(503);
                assertThat(answered.status()).isEqualTo(200);
                assertThat(early.metric("gateway_source_failures_total")).isPositive();
            }
        }
    }

    @Test
    void usesANewKeyWithinOnePoll() throws IOException {
        production.write("test-key-of-the-second-version", Map.of());

        // One second and its spread of a fifth, and the time of a read.
        await().atMost(Duration.ofMillis(1800))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    gateway.send(production.post("/v1/chat/completions", CHAT));
                    return keyOf(production.upstream().requests().getLast())
                            .equals("test-key-of-the-second-version");
                });

        production.write(production.upstreamKey(), Map.of());
        await().atMost(SOON)
                .until(() -> {
                    gateway.send(production.post("/v1/chat/completions", CHAT));
                    return keyOf(production.upstream().requests().getLast())
                            .equals(production.upstreamKey());
                });
    }

    @Test
    void listsItsOwnChecksAndNoOthers() throws IOException {
        assertThat(checks("live")).containsExactly("live");
        assertThat(checks("started")).containsExactly("started");
        assertThat(checks("ready")).containsExactlyInAnyOrder("Graceful Shutdown", "revision");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/q",
                "/q/",
                "/q/dev-ui",
                "/q/dev",
                "/q/health-ui",
                "/q/swagger-ui",
                "/q/openapi",
                "/q/arc",
                "/q/arc/beans",
                "/q/info",
                "/q/logging-manager",
                "/q/health",
                "/q/health/",
                "/q/health/group/x",
                "/q/health/well",
                "/q//health/live",
                "/q/health/live/",
                "/q/x/../health/live",
                "/metrics",
                "/v1/models",
                "/v1/chat/completions",
                "/ops"
            })
    void answersNothingElseOnTheManagementPort(String path) throws IOException {
        assertThat(gateway.management(path).status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/q/health",
                "/q/health/live",
                "/q/health/ready",
                "/q/health/started",
                "/q/metrics",
                "/metrics",
                "/q/dev-ui",
                "/ops",
                "/"
            })
    void answersNothingOfItOnTheCallersPort(String path) throws IOException {
        var response = gateway.send(production.request("GET", path, ""));

        assertThat(response.status()).isEqualTo(404);
        assertThat(JSON.readTree(response.bodyText()).at("/error/code").asText())
                .isEqualTo("unknown_url");
    }

    @Test
    void asksUpstreamNothingForAThousandProbes() throws IOException {
        var connections = production.upstream().acceptedConnections();

        try (var connection = RawHttp.connect(gateway.managementPort())) {
            for (var i = 0; i < 1000; i++) {
                var probe = List.of("live", "started", "ready").get(i % 3);
                var request = RawHttp.request("GET", "/q/health/" + probe, "");
                assertThat(connection.send(request).read(SOON).status()).isEqualTo(200);
            }
        }

        assertThat(production.upstream().requests()).isEmpty();
        assertThat(production.upstream().acceptedConnections()).isEqualTo(connections);
    }

    @Test
    void asksUpstreamTheSmallPromptAndStaysReadyWhateverComes() throws IOException {
        try (var prompting =
                production
                        .gateway()
                        .environment("GATEWAY_HEALTH_PROMPT_ENABLED", "true")
                        .environment("GATEWAY_HEALTH_PROMPT_INTERVAL", "2s")
                        .start()
                        .awaitReady()) {
            await().atMost(SOON).until(() -> !production.upstream().prompts().isEmpty());
            var prompt = production.upstream().prompts().getFirst();

            assertThat(prompt.method() + " " + prompt.rawPath())
                    .isEqualTo("POST /api/v1/chat/completions");
            assertThat(prompt.headers())
                    .extracting(header -> header.name().toLowerCase(Locale.ROOT))
                    .containsExactlyInAnyOrder(
                            "accept",
                            "authorization",
                            "content-length",
                            "content-type",
                            "host",
                            "user-agent");
            assertThat(keyOf(prompt)).isEqualTo(production.upstreamKey());
            assertThat(prompt.header("user-agent")).contains("alltkn-gateway");
            await().atMost(SOON).until(() -> outcome(prompting, "good") == 1);
            // The one that proved the revision stands for the first of the schedule.
            await().atMost(SOON)
                    .until(() -> prompting.metric("gateway_health_prompt_latency_seconds") >= 0);
            assertThat(prompting.metric("gateway_health_prompt_latency_seconds")).isLessThan(5);
            assertThat(prompting.metric("gateway_health_prompt_age_seconds")).isBetween(0.0, 5.0);

            production.upstream().answerPrompts(Script.json(503, "{}"));
            await().atMost(SOON).until(() -> outcome(prompting, "upstream_failed") == 1);

            assertThat(outcome(prompting, "good")).isZero();
            assertThat(prompting.probe("ready")).isEqualTo(200);
        }
    }

    private static double outcome(GatewayProcess process, String outcome) throws IOException {
        return process.metric("gateway_health_prompt", "outcome=\"" + outcome + "\"");
    }

    private static List<String> checks(String probe) throws IOException {
        var names = new ArrayList<String>();
        JSON.readTree(gateway.management("/q/health/" + probe).bodyText())
                .path("checks")
                .forEach(check -> names.add(check.path("name").asText()));
        return names;
    }

    private static String keyOf(RecordedRequest request) {
        return request.headers().stream()
                .filter(header -> header.name().equalsIgnoreCase("authorization"))
                .map(Header::value)
                .reduce((a, b) -> a + " and " + b)
                .orElse("none")
                .replaceFirst("^Bearer ", "");
    }
}
