package com.alltkn.gateway.connection;

import static com.alltkn.gateway.laboratory.Production.CHAT;
import static com.alltkn.gateway.laboratory.Production.PATH;
import static com.alltkn.gateway.laboratory.Production.STREAMED_CHAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the packaged application lets connections take, and who has to go when they are too many.
class ConnectionsIT {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration AT_ONCE = Duration.ofSeconds(1);
    private static final Duration STRANGER = Duration.ofSeconds(1);
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(3);
    private static final Duration UNREAD = Duration.ofSeconds(2);
    private static final int MOST = 200;
    private static final int MOST_OF_A_CALLER = 50;
    private static final int MOST_OF_AN_ADDRESS = 150;
    private static final long MEBIBYTE = 1024 * 1024;

    /// What ended a pod with twice the heap of this one.
    private static final long DEADLY = 33 * MEBIBYTE;

    private static final String NOBODYS = RawHttp.request("GET", "/v1/models", "");

    private static Production production;
    private static GatewayProcess gateway;

    @BeforeAll
    static void start() throws IOException {
        production = Production.start();
        gateway =
                production
                        .gateway()
                        .environment("GATEWAY_EXCHANGE_MAX_CONNECTIONS", Integer.toString(MOST))
                        .environment(
                                "GATEWAY_EXCHANGE_MAX_CONNECTIONS_PER_CALLER",
                                Integer.toString(MOST_OF_A_CALLER))
                        .environment(
                                "GATEWAY_EXCHANGE_MAX_CONNECTIONS_PER_ADDRESS",
                                Integer.toString(MOST_OF_AN_ADDRESS))
                        .environment("GATEWAY_EXCHANGE_STRANGER_TIMEOUT", STRANGER.toString())
                        .environment("GATEWAY_EXCHANGE_KEEP_ALIVE", KEEP_ALIVE.toString())
                        .environment("GATEWAY_EXCHANGE_UNREAD_TIMEOUT", UNREAD.toString())
                        .start()
                        .awaitReady();
        // What a first load makes of classes, code and buffers is no part of what is measured.
        for (var i = 0; i < 300; i++) {
            assertThat(chat().status()).isEqualTo(200);
        }
        production.upstream().forget();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        production.close();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        production.upstream().forget();
        await().atMost(SOON).until(() -> gateway.metric("gateway_exchanges_in_flight") == 0);
        await().atMost(SOON).until(() -> gateway.metric("gateway_connections_held_bytes") == 0);
        assertThat(gateway.stderr()).doesNotContain("Exception", "ERROR");
        assertThat(chat().status()).isEqualTo(200);
        production.upstream().forget();
    }

    @ParameterizedTest
    @EnumSource(Flood.class)
    void takesNoFurtherRequestOfWhoeverReadsNoAnswer(Flood flood)
            throws IOException, InterruptedException {
        var before = gateway.usedMemory();
        var failed = 0;
        try (var siege = new Siege(flood.port(gateway), flood.connections)) {
            var request = flood.request().repeat(200);
            siege.flood(request, MEBIBYTE);
            while (siege.sent() < DEADLY) {
                siege.flood(request, Math.min(DEADLY, siege.sent() + 4 * MEBIBYTE));
                failed += chat().status() == 200 ? 0 : 1;
            }

            var held = gateway.metric("gateway_connections_held_bytes");
            var grown = gateway.usedMemory() - before;

            assertThat(failed).isZero();
            assertThat(held).isLessThanOrEqualTo(32.0 * MEBIBYTE);
            assertThat(grown).isLessThan(64 * MEBIBYTE);
            assertThat(gateway.probe("live")).isEqualTo(200);
        }
    }

    /// Two bytes of a head's bound each, and a hundred on the heap: 16 MiB ended a pod.
    @Test
    void holdsNoHeadOfThousandsOfFields() throws IOException, InterruptedException {
        var before = gateway.usedMemory();
        var connections = new ArrayList<RawHttp>();
        var head = "GET /v1/models HTTP/1.1\r\nhost: h\r\n" + "a:\r\n".repeat(8_000);
        try {
            for (var i = 0; i < MOST_OF_AN_ADDRESS - 10; i++) {
                connections.add(gateway.connect().send(head));
            }
            for (var connection : connections) {
                assertThat(connection.read(SOON).status()).isEqualTo(431);
            }

            assertThat(gateway.usedMemory() - before).isLessThan(16 * MEBIBYTE);
        } finally {
            for (var connection : connections) {
                connection.close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Siege.Manner.class)
    void hasRoomForANewCallerWhereStrangersHoldAllConnections(Siege.Manner manner)
            throws IOException {
        var full = gateway.metric("gateway_connections_closed_total", "reason=\"full\"");
        try (var siege = new Siege(gateway.port(), MOST, "127.0.0.2", "127.0.0.3")) {
            siege.act(manner);
            await().atMost(SOON)
                    .until(() -> {
                        siege.act(manner);
                        return gateway.metric("gateway_connections_open") >= MOST - 2;
                    });

            for (var i = 0; i < 20; i++) {
                siege.act(manner);
                assertThat(chat().status()).isEqualTo(200);
                assertThat(gateway.probe("live")).isEqualTo(200);
            }

            assertThat(gateway.metric("gateway_connections_open")).isLessThanOrEqualTo(MOST);
            assertThat(gateway.metric("gateway_connections_closed_total", "reason=\"full\""))
                    .isGreaterThan(full);
        }
    }

    @Test
    void closesTheOldestOfAnAddressForItsNext() throws IOException {
        try (var siege = new Siege(gateway.port(), MOST_OF_AN_ADDRESS, "127.0.0.2")) {
            siege.act(Siege.Manner.IDLE);
            await().atMost(SOON)
                    .until(() ->
                            gateway.metric("gateway_connections_open", "\"stranger\"")
                                    >= MOST_OF_AN_ADDRESS);

            try (var further = new Siege(gateway.port(), 10, "127.0.0.2")) {
                further.act(Siege.Manner.IDLE);
                await().atMost(AT_ONCE).until(() -> siege.closed() == 10);

                assertThat(further.closed()).isZero();
            }
        }
    }

    @Test
    void closesTheLongestRestingConnectionOfACallerForItsNext() throws IOException {
        var connections = new ArrayList<RawHttp>();
        try {
            for (var i = 0; i < MOST_OF_A_CALLER; i++) {
                connections.add(answered());
            }
            connections.getFirst().send(production.post(PATH, CHAT)).read(SOON);

            connections.add(answered());

            assertThat(connections.get(1).closedByServer(SOON)).isTrue();
            for (var other : List.of(connections.getFirst(), connections.getLast())) {
                assertThat(other.send(production.post(PATH, CHAT)).read(SOON).status())
                        .isEqualTo(200);
            }
        } finally {
            close(connections);
        }
    }

    @Test
    void refusesACallerWhoseConnectionsAreAllBusy() throws IOException {
        var gate = new Gate();
        production.upstream().answer(Script.nothing().await(gate).then(Script.json(200, "{}")));
        var connections = new ArrayList<RawHttp>();
        try {
            for (var i = 0; i < MOST_OF_A_CALLER; i++) {
                connections.add(gateway.connect().send(production.post(PATH, CHAT)));
            }
            await().atMost(SOON)
                    .until(() ->
                            gateway.metric("gateway_connections_open", "\"known\"")
                                    == MOST_OF_A_CALLER);

            try (var further = gateway.connect()) {
                var answer = further.send(production.post(PATH, CHAT)).read(SOON);

                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.bodyText()).contains("\"gateway_overloaded\"");
                assertThat(answer.header("retry-after")).isPresent();
                assertThat(answer.header("connection")).contains("close");
                assertThat(further.closedByServer(SOON)).isTrue();
            }
            gate.open();
            for (var admitted : connections) {
                assertThat(admitted.read(SOON).status()).isEqualTo(200);
            }
        } finally {
            gate.open();
            close(connections);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "1, 200", "1, 400000", "5, 2"})
    void noticesACallerWhoLeavesWithRequestsThatWaitTheirTurn(int requests, int length)
            throws IOException, InterruptedException {
        production.upstream().answer(Script.silence());
        var further = production.post(PATH, chatOf(length));
        var connection = gateway.connect().send(production.post(PATH, CHAT));
        production.upstream().awaitRequest(1, SOON);
        connection.send(further.repeat(requests));

        connection.close();

        var id = production.upstream().requests().getFirst().connectionId();
        assertThat(production.upstream().awaitPeerClosed(id, AT_ONCE)).isTrue();
        assertThat(production.upstream().requests().size()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 70_000, 1_500_000})
    void answersRequestsInTheirOrderThatCameTogether(int length) throws IOException {
        var body = chatOf(length);
        try (var connection = gateway.connect()) {
            var sending =
                    Thread.ofVirtual()
                            .start(() ->
                                    quietly(() ->
                                            connection.send(
                                                    production.post(PATH, body).repeat(5))));
            for (var i = 0; i < 5; i++) {
                assertThat(connection.read(SOON).bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
            }
            assertThat(sending.isAlive()).isFalse();
        }
        var bodies = production.upstream().requests().stream().map(RecordedRequest::bodyText);
        assertThat(bodies.filter(body::equals).count()).isEqualTo(5);
    }

    @Test
    void closesAConnectionThatRestsSoonerWhereItHasShownNoCredential() throws IOException {
        try (var stranger = gateway.connect();
                var known = gateway.connect()) {
            stranger.send(NOBODYS).read(SOON);
            known.send(production.post(PATH, CHAT)).read(SOON);

            assertThat(stranger.closedByServer(STRANGER.plus(AT_ONCE))).isTrue();
            assertThat(known.send(production.post(PATH, CHAT)).read(SOON).status()).isEqualTo(200);
            assertThat(known.closedByServer(STRANGER)).isFalse();
            assertThat(known.closedByServer(KEEP_ALIVE)).isTrue();
        }
    }

    @Test
    void waitsLongerForThePartsOfAnAnswerThanForTheNextRequest() throws IOException {
        production
                .upstream()
                .answerNext(
                        Script.sseHead()
                                .chunk(Script.event("{}"))
                                .pause(KEEP_ALIVE.plus(AT_ONCE))
                                .chunk(Script.event("[DONE]"))
                                .lastChunk());
        try (var connection = gateway.connect().send(production.post(PATH, STREAMED_CHAT))) {
            assertThat(connection.read(SOON).bodyText()).contains("[DONE]");
        }
    }

    @Test
    void endsAnAnswerOfWhichNothingIsRead() throws IOException, InterruptedException {
        var event = Script.event("{\"a\":\"" + "x".repeat(10_000) + "\"}");
        production.upstream().answer(Script.endless(event));
        try (var connection = gateway.connect().send(production.post(PATH, STREAMED_CHAT))) {
            production.upstream().awaitRequest(1, SOON);
            var id = production.upstream().requests().getFirst().connectionId();

            assertThat(production.upstream().awaitPeerClosed(id, SOON)).isTrue();
            assertThat(connection.hasAnswer()).isTrue();
        }
        await().atMost(SOON).until(() -> gateway.stdout().contains("\"answer_unread\""));
    }

    private static String chatOf(int length) {
        return CHAT.replace(
                "[]", "[{\"role\":\"user\",\"content\":\"" + "x".repeat(length) + "\"}]");
    }

    private static RawHttp answered() throws IOException {
        var connection = gateway.connect();
        assertThat(connection.send(production.post(PATH, CHAT)).read(SOON).status()).isEqualTo(200);
        return connection;
    }

    private static RawResponse chat() throws IOException {
        return gateway.send(production.post(PATH, CHAT));
    }

    private static void close(List<RawHttp> connections) throws IOException {
        for (var connection : connections) {
            connection.close();
        }
    }

    private static void quietly(Sending sending) {
        try {
            sending.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Sending {
        void run() throws IOException;
    }

    /// Requests whose answers nobody reads.
    private enum Flood {
        REFUSED(4),
        REFUSED_ON_MANY(100),
        UNKNOWN_PATH(4),
        USAGE(4),
        RELAYED(20),
        PROBES(4),
        METERS(20);

        private final int connections;

        Flood(int connections) {
            this.connections = connections;
        }

        String request() {
            return switch (this) {
                case REFUSED, REFUSED_ON_MANY -> NOBODYS;
                case UNKNOWN_PATH -> RawHttp.request("GET", "/", "");
                case USAGE -> production.request("GET", "/v1/usage", "");
                case RELAYED -> production.post(PATH, CHAT);
                case PROBES -> RawHttp.request("GET", "/q/health/live", "");
                case METERS -> RawHttp.request("GET", "/q/metrics", "");
            };
        }

        int port(GatewayProcess gateway) {
            return switch (this) {
                case PROBES, METERS -> gateway.managementPort();
                default -> gateway.port();
            };
        }
    }
}
