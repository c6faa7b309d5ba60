package com.alltkn.gateway.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What the packaged application, with a heap of 256 MiB, makes of bodies that are meant to hurt.
/// It leaves one caller 32 of them.
class BodiesIT {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int MEBIBYTE = 1024 * 1024;
    private static final String PATH = "/v1/chat/completions";
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";
    private static final String JSON = "content-type: application/json";
    private static final String CHUNKED = "transfer-encoding: chunked";
    private static final String FORM = "content-type: multipart/form-data; boundary=bnd";
    private static final String METER = "gateway_exchanges_body_bytes";

    private static Production production;
    private static GatewayProcess gateway;
    private static long idle;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        production = Production.start();
        gateway =
                production
                        .gateway()
                        .environment("GATEWAY_CALLERS_FILE", callers().toString())
                        // The first of a hundred pauses until the last has been sent.
                        .environment("GATEWAY_EXCHANGE_BODY_TIMEOUT", "5m")
                        .environment("GATEWAY_EXCHANGE_BODY_TOTAL_TIMEOUT", "5m")
                        .start()
                        .awaitReady();
        // What a first load makes of classes, code and buffers is no part of it.
        for (var i = 0; i < 500; i++) {
            gateway.send(post("other", CHAT));
        }
        idle = gateway.usedMemory();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        production.close();
    }

    @AfterEach
    void everythingIsBack() throws IOException {
        await().atMost(SOON).until(() -> gateway.metric(METER) == 0);
        await().atMost(SOON).until(() -> gateway.metric("gateway_exchanges_in_flight") == 0);
        production.upstream().forget();
    }

    @Test
    void takesThirtyMebibytesInPiecesOfOneByte() throws IOException, InterruptedException {
        var connections = new ArrayList<RawHttp>();
        var piece = "1\r\nx\r\n".repeat(MEBIBYTE / 4).getBytes(US_ASCII);
        try {
            for (var i = 0; i < 6; i++) {
                connections.add(
                        gateway.connect()
                                .send(head("greedy", PATH, JSON, CHUNKED))
                                .send(chunk("{\"model\":\"m\",\"x\":\"")));
            }
            for (var quarter = 0; quarter < 4 * 5; quarter++) {
                for (var connection : connections) {
                    connection.send(piece);
                }
            }
            await().atMost(SOON).until(() -> gateway.metric(METER) >= 30.0 * MEBIBYTE);

            assertThat(gateway.metric(METER)).isLessThan(30.5 * MEBIBYTE);
            assertThat(gateway.usedMemory() - idle).isLessThan(64 * MEBIBYTE);
            assertOthersFindRoom();
            for (var connection : connections) {
                connection.send(chunk("\"}") + "0\r\n\r\n");
            }
            for (var connection : connections) {
                assertThat(connection.read(SOON).status()).isEqualTo(200);
            }
        } finally {
            close(connections);
        }
    }

    @Test
    void holdsWhatItReadsAheadOfAHundredUploads() throws IOException, InterruptedException {
        var connections = new ArrayList<RawHttp>();
        var file = "--bnd\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
        var pieces = "1\r\nx\r\n".repeat(63 * 1024).getBytes(US_ASCII);
        try {
            for (var i = 0; i < 100; i++) {
                connections.add(
                        gateway.connect()
                                .send(
                                        head("narrow", "/v1/audio/transcriptions", FORM, CHUNKED)
                                                + chunk(file))
                                .send(pieces));
            }
            await().atMost(SOON).until(() -> gateway.metric(METER) >= 100.0 * 63 * 1024);

            assertThat(gateway.metric(METER)).isLessThanOrEqualTo(100.0 * 64 * 1024);
            assertThat(gateway.usedMemory() - idle).isLessThan(64 * MEBIBYTE);
            assertOthersFindRoom();
        } finally {
            close(connections);
        }
    }

    @Test
    void forgetsAnUploadThatWasAnsweredEarlyOnceItsCallerHasGone()
            throws IOException, InterruptedException {
        production.upstream().answer(Script.json(200, "{\"text\":\"\"}").beforeTheBody());
        var longHeader = "x: " + "x".repeat(15_000);
        for (var i = 0; i < 1_000; i++) {
            try (var connection = gateway.connect()) {
                connection.send(
                        head("other", "/v1/audio/transcriptions", FORM, CHUNKED, longHeader)
                                + chunk("x"));
                assertThat(connection.read(SOON).status()).isEqualTo(200);
            }
        }

        // Some connections are closed only just now.
        await().atMost(SOON).until(() -> gateway.usedMemory() - idle < 8 * MEBIBYTE);
    }

    /// Several at once: names to decode, members without end, escapes, depth, numbers, blanks.
    @Test
    void readsBodiesThatAreMadeToBeSlowWithoutKeepingOthersFromTheirAnswers()
            throws IOException, InterruptedException {
        var connections = new ArrayList<RawHttp>();
        var hostile =
                List.of(
                        "\"\\u0061\\u0062\\u0063\\u0064\\u0065\\u0066\":0,",
                        "\"\":0,",
                        "\"a\":\"" + "\\u0061".repeat(4096) + "\",",
                        "\"a\":" + "[".repeat(120) + "]".repeat(120) + ",",
                        "\"a\":-" + "9".repeat(990) + ".0,",
                        "\"a\":" + " ".repeat(10_000) + "0,");
        try {
            for (var member : hostile) {
                var body = "{" + member.repeat(4 * MEBIBYTE / member.length()) + "\"model\":\"m\"}";
                connections.add(gateway.connect().send(post("greedy", body)));
                assertOthersFindRoom();
            }
            for (var connection : connections) {
                assertThat(connection.read(SOON).status()).isIn(200, 400);
            }

            assertThat(gateway.usedMemory() - idle).isLessThan(64 * MEBIBYTE);
        } finally {
            close(connections);
        }
    }

    private static void assertOthersFindRoom() throws IOException {
        assertThat(gateway.send(post("other", CHAT)).bodyText())
                .isEqualTo(ScriptedUpstream.COMPLETION);
    }

    private static Path callers() {
        return MadeUpCallers.fileOf(
                """
                callers:
                  - id: greedy
                    api-keys: ["sha256:%s"]
                  - id: other
                    api-keys: ["sha256:%s"]
                  - id: narrow
                    api-keys: ["sha256:%s"]
                    models: ["whisper-*"]
                """
                        .formatted(sha256("greedy"), sha256("other"), sha256("narrow")));
    }

    private static String sha256(String caller) {
        return MadeUpCallers.sha256(key(caller));
    }

    private static String key(String caller) {
        return production.callerKey() + "-" + caller;
    }

    private static String post(String caller, String body) {
        return RawHttp.post(PATH, body, credential(caller));
    }

    private static String head(String caller, String path, String... headers) {
        var lines = credential(caller) + "\r\n" + String.join("\r\n", headers);
        return RawHttp.request("POST", path, "", lines);
    }

    private static String credential(String caller) {
        return "authorization: Bearer " + key(caller);
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    private static void close(List<RawHttp> connections) throws IOException {
        for (var connection : connections) {
            connection.close();
        }
    }
}
