package com.alltkn.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the packaged application does to connections that ask too much of it.
class EdgeIT {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration HEAD_TIMEOUT = Duration.ofSeconds(1);
    private static final long MEBIBYTE = 1024 * 1024;
    private static final String PATH = "/v1/chat/completions";
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";
    private static final String STREAMED_CHAT =
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + "\"messages\":[]}";
    private static final String HEAD = "POST " + PATH + " HTTP/1.1\r\nhost: h\r\nx-a: ";

    private static Production production;
    private static GatewayProcess gateway;

    @BeforeAll
    static void start() {
        production = Production.start();
        gateway =
                production
                        .gateway()
                        .environment("GATEWAY_EXCHANGE_HEAD_TIMEOUT", "1S")
                        .start()
                        .awaitReady();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        production.close();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        production.upstream().forget();
        await().atMost(SOON).until(() -> answers(production.post(PATH, CHAT)));
        await().atMost(SOON).until(() -> gateway.metric("gateway_exchanges_in_flight") == 0);
        production.upstream().forget();
    }

    @Test
    void closesAConnectionWhoseFirstHeadDrips() throws IOException {
        try (var connection = gateway.connect().send(HEAD)) {
            assertThat(drip(connection)).isLessThan(Duration.ofSeconds(4));
        }
    }

    @Test
    void saysNothingOfACallerWhoLeavesWithinAHead() throws IOException {
        for (int i = 0; i < 10; i++) {
            try (var connection = gateway.connect()) {
                connection.send(HEAD);
            }
        }

        assertThat(answers(production.post(PATH, CHAT))).isTrue();
        assertThat(gateway.stderr()).doesNotContain("WARN", "Exception");
    }

    @Test
    void closesAConnectionWhoseNextHeadDrips() throws IOException {
        try (var connection = gateway.connect()) {
            connection.send(production.post(PATH, CHAT)).read(SOON);

            connection.send(HEAD);

            assertThat(drip(connection)).isLessThan(Duration.ofSeconds(4));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\r\n", "G"})
    void closesAConnectionThatBeginsNoRequest(String bytes) throws IOException {
        try (var connection = gateway.connect().send(bytes)) {
            assertThat(connection.closedByServer(Duration.ofSeconds(4))).isTrue();
        }
    }

    @Test
    void leavesAConnectionAloneThatWaitsForItsAnswerOrItsNextRequest() throws IOException {
        production
                .upstream()
                .answerNext(
                        Script.sseHead()
                                .pause(HEAD_TIMEOUT.multipliedBy(2))
                                .chunk(Script.event("[DONE]"))
                                .lastChunk());
        try (var connection = gateway.connect()) {
            // The second one waits behind the first for longer than a head may take.
            connection.send(production.post(PATH, STREAMED_CHAT) + production.post(PATH, CHAT));
            assertThat(connection.read(SOON).bodyText()).contains("[DONE]");
            assertThat(connection.read(SOON).bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);

            assertThat(connection.closedByServer(HEAD_TIMEOUT.multipliedBy(2))).isFalse();

            assertThat(connection.send(production.post(PATH, CHAT)).read(SOON).status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1\\models", "/v1/models%", "/v1/models/%zz", "/v1/models?\u0001", "/a b"})
    void closesTheConnectionOfATargetThatIsNoUrl(String target) throws IOException {
        try (var connection = gateway.connect()) {
            connection.send(
                    production.request("GET", target, "")
                            + production.request("GET", "/v1/models", ""));

            var answer = connection.read(SOON);

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.header("connection")).contains("close");
            assertThat(connection.closedByServer(SOON)).isTrue();
        }
        assertThat(production.upstream().requests()).isEmpty();
    }

    @Test
    void holdsManyEndlessAnswersBackInBoundedMemory() throws IOException, InterruptedException {
        var readers = 50;
        var event = Script.event("{\"a\":\"" + "x".repeat(10_000) + "\"}");
        // What a first load makes of classes, code and buffers is no part of it.
        for (var i = 0; i < 500; i++) {
            gateway.send(production.post(PATH, CHAT));
        }
        production.upstream().answer(Script.endless(event));
        var before = gateway.usedMemory();
        var connections = new ArrayList<RawHttp>();
        try {
            for (var i = 0; i < readers; i++) {
                connections.add(gateway.connect().send(production.post(PATH, STREAMED_CHAT)));
            }
            awaitStandstill();
            for (var connection : connections) {
                connection.skip(MEBIBYTE, Duration.ofSeconds(30));
            }
            awaitStandstill();

            var grown = gateway.usedMemory() - before;
            assertThat(grown).isLessThan(64 * MEBIBYTE);
        } finally {
            close(connections);
        }
    }

    /// A heap of 256 MiB leaves the bodies of one caller 32.
    @Test
    void holdsTheBodiesOfOneCallerInBoundedMemory() throws IOException {
        var body =
                CHAT.replace(
                        "[]",
                        "[{\"role\":\"user\",\"content\":\""
                                + "x".repeat(12 * (int) MEBIBYTE)
                                + "\"}]");
        var gate = new Gate();
        production.upstream().answer(Script.nothing().await(gate).then(Script.json(200, "{}")));
        var connections = new ArrayList<RawHttp>();
        try {
            for (var i = 0; i < 12; i++) {
                connections.add(gateway.connect().send(production.post(PATH, body)));
            }
            for (var refused : connections.subList(2, 12)) {
                var answer = refused.read(SOON);
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.bodyText()).contains("\"gateway_overloaded\"");
                assertThat(answer.header("retry-after")).isPresent();
            }
            assertThat(gateway.metric("gateway_exchanges_body_bytes"))
                    .isEqualTo(2.0 * body.length());

            gate.open();

            for (var admitted : connections.subList(0, 2)) {
                assertThat(admitted.read(SOON).status()).isEqualTo(200);
            }
            assertThat(gateway.metric("gateway_exchanges_body_bytes")).isZero();
        } finally {
            gate.open();
            close(connections);
        }
    }

    /// Sends a byte now and then until the server closes.
    private static Duration drip(RawHttp connection) {
        var began = System.nanoTime();
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    try {
                        connection.send("a");
                        return connection.closedByServer(Duration.ofMillis(1));
                    } catch (SocketException closed) {
                        return true;
                    }
                });
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private static void awaitStandstill() {
        var last = new AtomicLong(-1);
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    var sent = production.upstream().sentBytes();
                    return last.getAndSet(sent) == sent;
                });
    }

    private static boolean answers(String request) {
        try {
            return gateway.send(request).status() == 200;
        } catch (IOException stillFull) {
            return false;
        }
    }

    private static void close(List<RawHttp> connections) throws IOException {
        for (var connection : connections) {
            connection.close();
        }
    }
}
