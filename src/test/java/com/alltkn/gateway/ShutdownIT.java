package com.alltkn.gateway;

import static com.alltkn.gateway.laboratory.GatewayProcess.SIGKILL;
import static com.alltkn.gateway.laboratory.GatewayProcess.SIGTERM;
import static com.alltkn.gateway.laboratory.Production.CHAT;
import static com.alltkn.gateway.laboratory.Production.PATH;
import static com.alltkn.gateway.laboratory.Production.STREAMED_CHAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.ExchangeRecords;
import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The end of the packaged application, asked for or not.
class ShutdownIT {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String HELLO = Script.event("{\"n\":1}");
    private static final String DONE = Script.event("[DONE]");

    private static Production production;

    @BeforeAll
    static void start() {
        production = Production.start();
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @AfterEach
    void forget() {
        production.upstream().forget();
    }

    @Test
    void isUnreadyAtOnceAndServesUntilKubernetesHasToldEverybody()
            throws IOException, InterruptedException {
        try (var gateway = gateway("3S", "5S");
                var kept = gateway.connect();
                var fresh = gateway.connect()) {
            kept.send(production.post(PATH, CHAT)).read(SOON);

            gateway.terminate();
            await().atMost(Duration.ofSeconds(1))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> gateway.probe("ready") == 503);

            assertThat(gateway.probe("live")).isEqualTo(200);
            for (var connection : List.of(kept, fresh)) {
                var answer = connection.send(production.post(PATH, CHAT)).read(SOON);
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.header("connection")).contains("close");
                assertThat(connection.closedByServer(SOON)).isTrue();
            }
            assertThat(gateway.awaitExit(SOON)).isEqualTo(SIGTERM);
            assertThat(outcomes(gateway)).containsExactly("answered", "answered", "answered");
        }
    }

    @Test
    void losesNothingThatEndsWithinTheGrace() throws IOException, InterruptedException {
        var gate = new Gate();
        production
                .upstream()
                .on(
                        asks("true"),
                        Script.sseHead().chunk(HELLO).await(gate).chunk(DONE).lastChunk());
        production
                .upstream()
                .answer(
                        Script.head(200, "content-type: application/json", "content-length: 7")
                                .await(gate)
                                .send("{\"a\":1}"));
        var streams = new ArrayList<RawHttp>();
        var answers = new ArrayList<RawHttp>();
        try (var gateway = gateway("0S", "10S")) {
            for (var i = 0; i < 50; i++) {
                streams.add(gateway.connect().send(production.post(PATH, STREAMED_CHAT)));
                streams.getLast().readUntil(HELLO, SOON);
                answers.add(gateway.connect().send(production.post(PATH, CHAT)));
            }
            production.upstream().awaitRequest(100, SOON);

            gateway.terminate();
            await().atMost(SOON).until(() -> gateway.probe("ready") != 200);
            gate.open();

            for (var stream : streams) {
                assertThat(stream.readUntil("\r\n0\r\n\r\n", SOON)).contains(DONE);
            }
            for (var connection : answers) {
                var answer = connection.read(SOON);
                assertThat(answer.bodyText()).isEqualTo("{\"a\":1}");
                assertThat(answer.header("connection")).contains("close");
                assertThat(connection.closedByServer(SOON)).isTrue();
            }
            // Long before the grace is over.
            assertThat(gateway.awaitExit(Duration.ofSeconds(5))).isEqualTo(SIGTERM);
            assertThat(outcomes(gateway)).hasSize(100).containsOnly("answered");
        } finally {
            close(streams);
            close(answers);
        }
    }

    @Test
    void tellsWhatOutlastsTheGraceAndEndsInTime() throws IOException, InterruptedException {
        production.upstream().on(asks("true"), Script.stallAfter(HELLO));
        production
                .upstream()
                .on(
                        asks("cut"),
                        Script.head(200, "content-type: application/json", "content-length: 100")
                                .send("{\"a\":")
                                .send("1,")
                                .hang());
        production.upstream().answer(Script.silence());
        try (var gateway = gateway("0S", "2S");
                var stream = gateway.connect();
                var silent = gateway.connect();
                var begun = gateway.connect();
                var sending = gateway.connect()) {
            stream.send(production.post(PATH, STREAMED_CHAT)).readUntil(HELLO, SOON);
            silent.send(production.post(PATH, CHAT));
            begun.send(production.post(PATH, "{\"model\":\"cut\"}")).readUntil("{\"a\":", SOON);
            sending.send(production.post(PATH, CHAT).replace("}", ""));
            production.upstream().awaitRequest(3, SOON);
            var upstream =
                    production.upstream().requests().stream()
                            .map(RecordedRequest::connectionId)
                            .toList();

            gateway.terminate();

            var event = stream.readUntil("0\r\n\r\n", SOON);
            assertThat(event)
                    .contains("data: {\"error\":{")
                    .contains("\"code\":\"gateway_shutting_down\"")
                    .doesNotContain("[DONE]");
            for (var connection : List.of(silent, sending)) {
                var answer = connection.read(SOON);
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.bodyText()).contains("\"code\":\"gateway_shutting_down\"");
                assertThat(answer.header("retry-after")).contains("2");
                assertThat(answer.header("connection")).contains("close");
            }
            begun.readToEnd(SOON);
            assertThat(gateway.awaitExit(Duration.ofSeconds(5))).isEqualTo(SIGTERM);
            for (var id : upstream) {
                assertThat(production.upstream().awaitPeerClosed(id, Duration.ofSeconds(1)))
                        .isTrue();
            }
            assertThat(records(gateway))
                    .extracting(record -> record.path("failure").asText())
                    .hasSize(4)
                    .containsOnly("gateway_shutting_down");
            assertThat(gateway.stderr()).contains("outlasted the grace of a shutdown count=4");
        }
    }

    @Test
    void startsCleanAfterItWasKilledInTheMiddleOfEverything()
            throws IOException, InterruptedException {
        production.upstream().on(asks("true"), Script.endless(HELLO));
        production.upstream().answer(Script.silence());
        try (var killed = gateway("0S", "30S")) {
            var stream = killed.connect().send(production.post(PATH, STREAMED_CHAT));
            stream.readUntil(HELLO, SOON);
            var silent = killed.connect().send(production.post(PATH, CHAT));
            killed.send(production.post(PATH, "{"));
            production.upstream().awaitRequest(2, SOON);
            await().atMost(SOON).until(() -> killed.stdout().endsWith("\n"));

            killed.kill();

            assertThat(killed.awaitExit(SOON)).isEqualTo(SIGKILL);
            assertThat(outcomes(killed)).containsExactly("refused");
            for (var request : production.upstream().requests()) {
                assertThat(
                                production
                                        .upstream()
                                        .awaitPeerClosed(
                                                request.connectionId(), Duration.ofSeconds(1)))
                        .isTrue();
            }
            stream.close();
            silent.close();
        }
        production.upstream().forget();
        try (var next = gateway("0S", "30S")) {
            var answer = next.send(production.post(PATH, CHAT));

            assertThat(answer.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
            assertThat(next.metric("gateway_revision_alarms_total")).isZero();
            assertThat(next.metric("gateway_exchanges_in_flight")).isZero();
        }
    }

    private static GatewayProcess gateway(String delay, String timeout) {
        return production
                .gateway()
                .environment("QUARKUS_SHUTDOWN_DELAY", delay)
                .environment("QUARKUS_SHUTDOWN_TIMEOUT", timeout)
                .start()
                .awaitReady();
    }

    private static Predicate<RecordedRequest> asks(String word) {
        return request -> request.bodyText().contains(word);
    }

    private static List<String> outcomes(GatewayProcess gateway) {
        return records(gateway).stream().map(record -> record.path("outcome").asText()).toList();
    }

    private static List<JsonNode> records(GatewayProcess gateway) {
        return ExchangeRecords.of(gateway.stdout());
    }

    private static void close(List<RawHttp> connections) throws IOException {
        for (var connection : connections) {
            connection.close();
        }
    }
}
