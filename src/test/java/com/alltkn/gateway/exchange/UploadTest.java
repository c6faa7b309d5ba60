package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class UploadTest extends ExchangeTest {

    private static final String CHUNKED = "transfer-encoding: chunked";
    private static final String REFUSAL =
            "{\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\",\"param\":null,"
                    + "\"code\":\"bad_file\"}}";

    @Test
    void passesChunksOnWhileTheyCome() throws IOException {
        laboratory.upstream().answer(Script.json(200, "{\"text\":\"hi\"}"));
        try (var connection = connect()) {
            var before = laboratory.upstream().receivedBytes();
            connection.send(upload(CHUNKED)).send(chunk("a".repeat(1_000)));
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> laboratory.upstream().receivedBytes() > before + 1_000);

            var response = connection.send(chunk("b") + "0\r\n\r\n").read(SOON);

            assertThat(response.bodyText()).isEqualTo("{\"text\":\"hi\"}");
        }
        var request = laboratory.upstream().requests().getFirst();
        assertThat(request.bodyText()).isEqualTo("a".repeat(1_000) + "b");
        assertThat(request.header("transfer-encoding")).contains("chunked");
        assertThat(request.header("content-length")).isEmpty();
        var record = records.single();
        assertThat(summary(record)).isEqualTo("200 answered");
        assertThat(record.path("bytes_in").asInt()).isEqualTo(1_001);
    }

    @Test
    void takesAChunkedBodyOfJson() throws IOException {
        try (var connection = connect()) {
            connection.send(
                    head("/v1/chat/completions", "content-type: application/json", CHUNKED));
            connection.send(chunk(CHAT.substring(0, 10)));
            connection.send(chunk(CHAT.substring(10)) + "0\r\n\r\n");

            assertThat(connection.read(SOON).bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
        }
        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(CHAT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/audio/transcriptions", "/v1/chat/completions"})
    void refusesABodyThatIsDeclaredTooLarge(String path) throws IOException {
        var type =
                path.endsWith("completions")
                        ? "content-type: application/json"
                        : "content-type: multipart/form-data; boundary=x";
        try (var connection = connect()) {
            connection.send(head(path, type, "content-length: 5000000"));

            assertEnvelope(connection.read(SOON), 413, "request_too_large");
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
        assertThat(summary(records.single()))
                .isEqualTo("413 refused request_too_large request_too_large");
    }

    @Test
    void refusesAnUploadThatGrowsTooLarge() throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.silence().beforeTheBody());
        try (var connection = connect()) {
            connection.send(upload(CHUNKED));
            sendAsFarAsItGoes(connection, 5);

            assertEnvelope(connection.read(SOON), 413, "request_too_large");
            assertThat(connection.closedByServer(SOON)).isTrue();
        }
        var id = laboratory.upstream().requests().getFirst().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(summary(records.single()))
                .isEqualTo("413 refused request_too_large request_too_large");
    }

    @Test
    void refusesABodyOfJsonThatGrowsTooLarge() throws IOException {
        try (var connection = connect()) {
            connection.send(
                    head("/v1/chat/completions", "content-type: application/json", CHUNKED));
            sendAsFarAsItGoes(connection, 3);

            assertEnvelope(connection.read(SOON), 413, "request_too_large");
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void relaysARefusalThatComesBeforeTheUploadsEnd() throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.json(400, REFUSAL).beforeTheBody());
        try (var connection = connect()) {
            connection.send(upload("content-length: 2000000")).send("a".repeat(1_000));

            assertEnvelope(connection.read(SOON), 400, "bad_file");
        }
        var id = laboratory.upstream().requests().getFirst().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(summary(records.single())).isEqualTo("400 refused upstream_refused status");
    }

    @Test
    void takesTheRestOfAnUploadThatWasAnsweredBeforeItsEnd()
            throws IOException, InterruptedException {
        laboratory.upstream().answerNext(Script.json(200, "{\"text\":\"hi\"}").beforeTheBody());
        try (var connection = connect()) {
            connection.send(upload("content-length: 3000000")).send("a");
            assertThat(connection.read(SOON).bodyText()).isEqualTo("{\"text\":\"hi\"}");

            connection.send("a".repeat(2_999_999)).send(post("/v1/chat/completions", CHAT));

            assertThat(connection.read(SOON).bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
        }
        var id = laboratory.upstream().requests().getFirst().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(records.await(2)).allMatch(record -> summary(record).equals("200 answered"));
    }

    @Test
    void givesUpAnUploadThatStalls() throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.silence().beforeTheBody());
        try (var connection = connect()) {
            connection.send(upload("content-length: 1000")).send("a");

            assertEnvelope(connection.read(SOON), 400, "request_too_slow");
        }
        var id = laboratory.upstream().requests().getFirst().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(summary(records.single()))
                .isEqualTo("400 refused request_too_slow body_stalled");
    }

    @Test
    void givesUpABodyOfJsonThatStalls() throws IOException {
        try (var connection = connect()) {
            connection.send(
                    head(
                            "/v1/chat/completions",
                            "content-type: application/json",
                            "content-length: 100"));
            connection.send("{");

            assertEnvelope(connection.read(SOON), 400, "request_too_slow");
            assertThat(connection.closedByServer(SOON)).isTrue();
        }
        assertThat(summary(records.single()))
                .isEqualTo("400 refused request_too_slow request_too_slow");
    }

    @Test
    void givesUpABodyOfJsonThatDripsForEver() throws IOException {
        try (var connection = connect()) {
            connection.send(
                    head(
                            "/v1/chat/completions",
                            "content-type: application/json",
                            "content-length: 1000"));

            drip(connection, " ");

            assertEnvelope(connection.read(SOON), 400, "request_too_slow");
            assertThat(connection.closedByServer(SOON)).isTrue();
        }
        assertThat(summary(records.single()))
                .isEqualTo("400 refused request_too_slow request_too_slow");
    }

    @Test
    void givesUpAnUploadThatDripsForEver() throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.silence().beforeTheBody());
        try (var connection = connect()) {
            connection.send(upload("content-length: 1000"));

            drip(connection, "a");

            // The total of a stream: the upload was never idle.
            assertEnvelope(connection.read(SOON), 504, "upstream_timeout");
        }
        var id = laboratory.upstream().requests().getFirst().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
    }

    @Test
    void takesTheRestOfAnAnsweredUploadNotForEver() throws IOException {
        laboratory.upstream().answerNext(Script.json(200, "{\"text\":\"hi\"}").beforeTheBody());
        try (var connection = connect()) {
            connection.send(upload("content-length: 1000")).send("a");
            assertThat(connection.read(SOON).bodyText()).isEqualTo("{\"text\":\"hi\"}");

            drip(connection, "a");

            assertThat(connection.closedByServer(SOON)).isTrue();
        }
    }

    @Test
    void tellsOfAnUpstreamThatResetsWithinAnUpload() throws IOException {
        laboratory.upstream().answer(Script.nothing().reset().beforeTheBody());
        try (var connection = connect()) {
            connection.send(upload("content-length: 2000000")).send("a".repeat(100_000));

            assertEnvelope(connection.read(SOON), 502, "upstream_unreachable");
        }
        assertThat(summary(records.single()))
                .isEqualTo("502 failed upstream_unreachable closed_before_answer");
    }

    @Test
    void asksForABodyThatWaitsToBeAskedFor() throws IOException {
        try (var connection = connect()) {
            connection.send(
                    head(
                            "/v1/chat/completions",
                            "content-type: application/json",
                            "expect: 100-continue",
                            "content-length: " + CHAT.length()));

            assertThat(connection.readUntil("\r\n\r\n", SOON))
                    .isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(connection.send(CHAT).read(SOON).bodyText())
                    .isEqualTo(ScriptedUpstream.COMPLETION);
        }
    }

    @Test
    void asksForNoBodyThatItRefuses() throws IOException {
        try (var connection = connect()) {
            connection.send(
                    head(
                            "/v1/chat/completions",
                            "content-type: application/json",
                            "expect: 100-continue",
                            "content-length: 5000000"));

            assertEnvelope(connection.read(SOON), 413, "request_too_large");
        }
    }

    @Test
    void asksForAnUploadThatWaitsToBeAskedFor() throws IOException {
        laboratory.upstream().answer(Script.json(200, "{\"text\":\"hi\"}"));
        try (var connection = connect()) {
            connection.send(upload("expect: 100-continue", "content-length: 3"));

            assertThat(connection.readUntil("\r\n\r\n", SOON))
                    .isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(connection.send("abc").read(SOON).bodyText()).isEqualTo("{\"text\":\"hi\"}");
        }
        var request = laboratory.upstream().requests().getFirst();
        assertThat(request.bodyText()).isEqualTo("abc");
        assertThat(request.header("expect")).isEmpty();
    }

    /// Sends a byte now and then until there is an answer, or the end.
    private static void drip(RawHttp connection, String piece) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(8))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    if (connection.hasAnswer()) {
                        return true;
                    }
                    connection.send(piece);
                    return false;
                });
    }

    /// Sends mebibytes until the gateway has had enough.
    private static void sendAsFarAsItGoes(RawHttp connection, int mebibytes) throws IOException {
        try {
            for (int i = 0; i < mebibytes; i++) {
                connection.send(chunk("a".repeat(1024 * 1024)));
            }
        } catch (SocketException closed) {
            // It takes no more; its answer is there to be read.
        }
    }

    private String upload(String... headers) {
        var all = new String[headers.length + 1];
        all[0] = "content-type: multipart/form-data; boundary=x";
        System.arraycopy(headers, 0, all, 1, headers.length);
        return head("/v1/audio/transcriptions", all);
    }

    private String head(String path, String... headers) {
        return "POST "
                + path
                + " HTTP/1.1\r\nhost: h\r\nauthorization: Bearer "
                + laboratory.callerKey()
                + "\r\n"
                + String.join("\r\n", headers)
                + "\r\n\r\n";
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }
}
