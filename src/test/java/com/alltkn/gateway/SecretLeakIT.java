package com.alltkn.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.laboratory.SecretScan;
import com.alltkn.gateway.laboratory.TraceSink;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The packaged application with every log category at its finest and traces on, asked everything
/// that could make it talk: no secret, prompt or answer is in anything it says to anybody but the
/// two who are entitled to it.
class SecretLeakIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String PATH = "/v1/chat/completions";
    private static final Pattern VAULT_TOKEN = Pattern.compile("\\b[hb]?v?s\\.[A-Za-z0-9]{20,}");
    private static final List<String> TALKATIVE =
            List.of(
                    "com.alltkn",
                    "io.netty",
                    "io.opentelemetry",
                    "io.quarkus",
                    "io.quarkus.vault",
                    "io.smallrye",
                    "io.vertx",
                    "jdk",
                    "org.jboss",
                    "sun");

    private static Production production;

    private final String prompt = "prompt-marker-" + UUID.randomUUID();
    private final String answer = "answer-marker-" + UUID.randomUUID();
    private final String strangerKey = "stranger-key-" + UUID.randomUUID();
    private final String baggage = "baggage-marker-" + UUID.randomUUID();

    @BeforeAll
    static void start() {
        production = Production.start();
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @Test
    void saysNothingThatIsSecretAtTheFinestLevel() throws IOException, InterruptedException {
        try (var sink = new TraceSink()) {
            production.write(production.upstreamKey(), Map.of("AI_LOG_LEVEL", "trace"));
            var scan =
                    new SecretScan()
                            .add("the upstream key", production.upstreamKey())
                            .add("Vault's login", production.secretId())
                            .add("Vault's root token", production.vault().rootToken())
                            .add("the caller's key", production.callerKey())
                            .add("a stranger's key", strangerKey)
                            .add("the prompt", prompt)
                            .add("the baggage", baggage);
            try (var gateway = talkative(sink).awaitReady()) {
                var errors = askEverything(gateway);
                // A login that has become invalid, and another.
                production.vault().call("POST", "sys/leases/revoke-prefix/auth/approle", Map.of());
                production.write(production.upstreamKey(), Map.of("ALLTKN_DEFAULT_MODEL", "m2"));
                await().atMost(SOON)
                        .until(() -> gateway.metric("gateway_revision_promotions_total") == 2);
                await().atMost(SOON).until(() -> sink.requests() > 0);
                var pages = new StringBuilder();
                for (var path :
                        List.of(
                                "/q/metrics",
                                "/q/health/live",
                                "/q/health/started",
                                "/q/health/ready")) {
                    pages.append(gateway.management(path).bodyText());
                }
                gateway.terminate();
                gateway.awaitExit(SOON);

                assertThat(gateway.stderr()).contains("DEBUG [io.netty", "DEBUG [io.quarkus");
                assertThat(sink.received()).contains("gen_ai.operation.name");
                assertThat(scan.in("error answers", errors)).isEmpty();
                scan.add("the answer", answer);
                assertThat(scan.in("standard output", gateway.stdout())).isEmpty();
                assertThat(scan.in("standard error", gateway.stderr())).isEmpty();
                assertThat(scan.in("meters and probes", pages.toString())).isEmpty();
                assertThat(scan.in("traces", sink.received())).isEmpty();
                assertThat(gateway.stdout()).doesNotContainPattern(VAULT_TOKEN);
                assertThat(gateway.stderr()).doesNotContainPattern(VAULT_TOKEN);
            }
            assertThat(production.upstream().requests())
                    .isNotEmpty()
                    .allSatisfy(request ->
                            assertThat(request.headers())
                                    .extracting(header -> header.name().toLowerCase(Locale.ROOT))
                                    .doesNotContain("traceparent", "tracestate", "baggage", "b3"));
        }
    }

    @Test
    void isSeenWhereItDoesSaySomething() throws IOException {
        try (var sink = new TraceSink();
                var gateway = talkative(sink).awaitReady()) {
            // A model's name is no secret: here it plays one, for it does reach every place.
            var body = "{\"model\":\"planted-in-the-model\",\"messages\":[]}";
            gateway.send(production.post(PATH, body));
            await().atMost(SOON).until(() -> !gateway.stdout().isEmpty() && sink.requests() > 0);

            var scan = new SecretScan().add("planted", "planted-in-the-model");
            assertThat(scan.in("standard output", gateway.stdout())).isNotEmpty();
            assertThat(scan.in("traces", sink.received())).isNotEmpty();
        }
    }

    private static GatewayProcess talkative(TraceSink sink) {
        var launch =
                production
                        .gateway("test")
                        .environment("GATEWAY_TRACES_ENDPOINT", sink.endpoint())
                        .environment("GATEWAY_HEALTH_PROMPT_ENABLED", "true")
                        .environment("GATEWAY_HEALTH_PROMPT_INTERVAL", "1s")
                        .property("quarkus.otel.exporter.otlp.traces.protocol", "http/protobuf")
                        .property("quarkus.otel.exporter.otlp.traces.compression", "gzip")
                        .property("quarkus.otel.bsp.schedule.delay", "100ms")
                        .property("quarkus.log.level", "TRACE");
        for (var category : TALKATIVE) {
            launch.property("quarkus.log.category.\"" + category + "\".level", "TRACE");
        }
        return launch.start();
    }

    /// Returns every answer that is an error.
    private String askEverything(GatewayProcess gateway) throws IOException {
        var upstream = production.upstream();
        var chat =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""
                        + prompt
                        + "\"}]}";
        var streamedChat = chat.replace("{\"model\"", "{\"stream\":true,\"model\"");
        var completion = ScriptedUpstream.COMPLETION.replace("hello", answer);
        var tracing =
                new String[] {
                    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                    "tracestate: a=" + baggage,
                    "baggage: a=" + baggage,
                    "cookie: a=" + baggage
                };
        upstream.answer(Script.json(200, completion));
        assertThat(gateway.send(production.post(PATH, chat, tracing)).bodyText()).contains(answer);
        upstream.answer(Script.sse(Script.event(completion), Script.event("[DONE]")));
        assertThat(gateway.send(production.post(PATH, streamedChat, tracing)).bodyText())
                .contains(answer);

        var errors = new ArrayList<String>();
        for (var script : failures(completion)) {
            upstream.answer(script);
            errors.add(gateway.send(production.post(PATH, chat, tracing)).rawBodyText());
            errors.add(
                    gateway.send(production.post(PATH, streamedChat, tracing))
                            .rawBodyText()
                            .replace(answer, ""));
        }
        upstream.answer(Script.json(200, completion));
        for (var request :
                List.of(
                        RawHttp.post(PATH, chat),
                        RawHttp.post(PATH, chat, "authorization: Bearer " + strangerKey),
                        RawHttp.post(PATH, chat, "authorization: Basic " + strangerKey),
                        production.post(PATH, chat, "authorization: Bearer " + strangerKey),
                        production.post(PATH, chat.substring(0, chat.length() - 3)),
                        production.post(PATH, chat.replace("\"m\"", "{\"a\":1}")),
                        production.post(PATH, chat, "content-encoding: gzip"),
                        production.post("/v1/nothing?prompt=" + prompt, chat),
                        production.post("/v1/nothing", chat, "expect: " + strangerKey),
                        production.request("DELETE", PATH, chat),
                        "POST " + PATH + " HTTP/9.9\r\nhost: h\r\n\r\n" + prompt,
                        "POST " + PATH + " HTTP/1.1\r\n" + prompt + "\r\n\r\n",
                        "POST "
                                + PATH
                                + " HTTP/1.1\r\nhost: h\r\nbad name "
                                + strangerKey
                                + ": x"
                                + "\r\n\r\n",
                        "POST "
                                + PATH
                                + " HTTP/1.1\r\nhost: h\r\ncontent-length: "
                                + strangerKey
                                + "\r\n\r\n",
                        production
                                        .post(PATH, "")
                                        .replace("host:", "transfer-encoding: chunked\r\nhost:")
                                + strangerKey
                                + "\r\n")) {
            try (var connection = gateway.connect()) {
                var bytes = connection.send(request).readToEnd(Duration.ofSeconds(1));
                errors.add(new String(bytes, StandardCharsets.UTF_8));
            } catch (SocketTimeoutException e) {
                // Kept open: what came is not shown, but logged all the same.
                continue;
            }
        }
        return String.join("\n", errors);
    }

    private List<Script> failures(String completion) {
        var quote =
                "{\"error\":{\"message\":\"wrong key %s for %s\",\"type\":\"x\",\"code\":\"%s\"}}"
                        .formatted(production.upstreamKey(), prompt, production.upstreamKey());
        var scripts = new ArrayList<Script>();
        for (var status : List.of(401, 402, 403, 500, 503)) {
            scripts.add(Script.json(status, quote, "www-authenticate: " + answer));
        }
        scripts.add(
                Script.head(200, "content-type: text/html", "content-length: " + answer.length())
                        .send(answer));
        scripts.add(Script.json(200, completion).cutAfter(250));
        scripts.add(Script.raw(utf8(answer + " is no status line\r\n\r\n")).close());
        scripts.add(Script.head(200, "bad name " + answer + ": x").close());
        scripts.add(Script.head(200, "content-length: " + answer).close());
        scripts.add(Script.head(200, "transfer-encoding: chunked").send(answer + "\r\n").close());
        scripts.add(Script.sseHead().chunk(Script.event(completion)).cut());
        scripts.add(Script.sseHead().chunk(Script.event(completion)).send(answer + "\r\n").close());
        scripts.add(Script.redirect(307, "https://elsewhere.example/" + answer));
        scripts.add(Script.nothing().reset());
        return scripts;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
