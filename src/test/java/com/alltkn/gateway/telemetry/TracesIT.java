package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.TraceSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What the packaged application exports, and that it exports nothing unasked.
class TracesIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String CHAT = "{\"model\":\"some-model\",\"messages\":[]}";

    private static Production production;

    @BeforeAll
    static void start() {
        production = Production.start();
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @Test
    void exportsASpanWithTheConventionsAttributesInTheCallersTrace() throws IOException {
        try (var sink = new TraceSink();
                var gateway =
                        production
                                .gateway()
                                .environment("GATEWAY_TRACES_ENDPOINT", sink.endpoint())
                                .property(
                                        "quarkus.otel.exporter.otlp.traces.protocol",
                                        "http/protobuf")
                                .property("quarkus.otel.bsp.schedule.delay", "100ms")
                                .start()
                                .awaitReady()) {
            gateway.send(
                    production.post(
                            "/v1/chat/completions",
                            CHAT,
                            "traceparent: 00-" + TRACE + "-b7ad6b7169203331-01"));

            await().atMost(SOON).until(() -> sink.received().contains("gen_ai"));
            assertThat(sink.received())
                    .contains("/v1/traces")
                    .contains("chat some-model")
                    .contains(
                            "gen_ai.operation.name",
                            "gen_ai.provider.name",
                            "alltkn",
                            "gen_ai.request.model",
                            "gen_ai.usage.input_tokens",
                            "gen_ai.usage.output_tokens",
                            "gateway.caller",
                            "plain",
                            "gateway.revision",
                            "gateway.request.id",
                            "http.response.status_code")
                    .contains(new String(bytes(TRACE), StandardCharsets.ISO_8859_1));
            assertThat(production.upstream().requests().getLast().header("traceparent")).isEmpty();
        }
    }

    @Test
    void exportsNothingWhereNoEndpointIsNamed() throws IOException, InterruptedException {
        try (var sink = new TraceSink();
                var gateway =
                        production
                                .gateway()
                                // Where it would go: the switch is the gateway's own setting.
                                .property("quarkus.otel.exporter.otlp.endpoint", sink.endpoint())
                                .property(
                                        "quarkus.otel.exporter.otlp.traces.protocol",
                                        "http/protobuf")
                                .property("quarkus.otel.bsp.schedule.delay", "100ms")
                                .start()
                                .awaitReady()) {
            gateway.send(production.post("/v1/chat/completions", CHAT));
            gateway.terminate();
            gateway.awaitExit(SOON);

            assertThat(sink.requests()).isZero();
            assertThat(gateway.stderr()).doesNotContain("4317").doesNotContain("otlp");
        }
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
