package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.laboratory.LiveCallersFile;
import com.alltkn.gateway.laboratory.Persistence;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a body takes of memory, and that all of it comes back.
@QuarkusTest
@WithTestResource(Persistence.class)
class BodiesTest extends ExchangeTest {

    private static final String PATH = "/v1/chat/completions";
    private static final String JSON_TYPE = "content-type: application/json";
    private static final String CHUNKED = "transfer-encoding: chunked";
    private static final String FORM = "content-type: multipart/form-data; boundary=bnd";
    private static final String UPLOAD = "/v1/audio/transcriptions";
    private static final String FILE =
            "--bnd\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";

    /// More than is read on an event loop, less than a test's limit.
    private static final int LARGE = 1_500_000;

    @Inject Exchanges exchanges;
    @Inject CallerDirectory directory;

    @AfterEach
    void holdsNothingAnyMore() {
        Awaitility.await().atMost(SOON).until(() -> exchanges.view().bodyBytes() == 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 70_000, LARGE})
    void passesABodyOnByteForByteHoweverItIsCut(int length) throws IOException {
        var body = chat(length);
        var chunks = new StringBuilder();
        for (var from = 0; from < body.length(); ) {
            var to = Math.min(body.length(), from + 1 + from % 3000);
            chunks.append(chunk(body.substring(from, to)));
            from = to;
        }

        try (var connection = connect()) {
            connection.send(head(PATH, JSON_TYPE, CHUNKED) + chunks + "0\r\n\r\n");

            assertThat(connection.read(SOON).bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
        }
        var request = laboratory.upstream().requests().getFirst();
        assertThat(request.bodyText()).isEqualTo(body);
        assertThat(request.header("content-length")).contains(Integer.toString(body.length()));
    }

    @Test
    void changesALargeBodyWhereItMust() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, USAGE, DONE));
        var body = chat(LARGE).replace("\"messages\"", "\"stream\":true,\"messages\"");

        var answer = send(post(PATH, body));

        assertThat(answer.bodyText()).isEqualTo(HELLO + DONE);
        assertThat(laboratory.upstream().requests().getFirst().bodyText())
                .isEqualTo("{\"stream_options\":{\"include_usage\":true}," + body.substring(1));
    }

    @Test
    void sendsALargeBodyAgain() throws IOException {
        laboratory.upstream().answerNext(Script.json(503, "{}"), Script.json(503, "{}"));
        var body = chat(LARGE);

        var answer = send(post(PATH, body));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(laboratory.upstream().requests())
                .hasSize(3)
                .allMatch(request -> request.bodyText().equals(body));
    }

    @Test
    void takesARefusalThatComesBeforeALargeBodyIsSent() throws IOException {
        laboratory
                .upstream()
                .answer(Script.json(400, "{\"error\":{\"code\":\"too_much\"}}").beforeTheBody());

        var answer = send(post(PATH, chat(LARGE)));

        assertEnvelope(answer, 400, "too_much");
    }

    @Test
    void refusesALargeBodyThatIsNoJson() throws IOException {
        assertEnvelope(send(post(PATH, chat(LARGE) + "}")), 400, "invalid_json");
    }

    @Test
    void countsWhatIsHeldAndNotWhatWasAnnounced() throws IOException {
        try (var announced = connect();
                var sent = connect()) {
            announced.send(head(PATH, JSON_TYPE, "content-length: " + LARGE)).send("{");
            sent.send(head(PATH, JSON_TYPE, CHUNKED) + "1\r\n \r\n".repeat(100_000));

            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> exchanges.view().bodyBytes() == 512 + 2 * 64 * 1024);
        }
    }

    @Test
    void countsWhatIsReadAheadOfAnUpload() throws IOException {
        var key = "test-caller-" + UUID.randomUUID();
        try (var file = new LiveCallersFile(directory)) {
            file.add("narrow-bodies", key, "models: [\"whisper-*\"]");
            try (var connection = connect()) {
                connection.send(
                        headOf(key, UPLOAD, FORM, CHUNKED)
                                + chunk(FILE)
                                + "1\r\na\r\n".repeat(60_000));

                Awaitility.await().atMost(SOON).until(() -> exchanges.view().bodyBytes() >= 60_000);
                assertThat(exchanges.view().bodyBytes()).isLessThanOrEqualTo(64 * 1024);
            }
        }
    }

    @Test
    void passesAnUploadOnByteForByteHoweverSlowUpstreamTakesIt() throws IOException {
        var body = new StringBuilder("--bnd\r\n");
        for (var i = 0; body.length() < 3_000_000; i++) {
            body.append(i).append(' ');
        }
        laboratory.upstream().answer(Script.json(200, "{\"text\":\"hi\"}"));

        try (var connection = connect()) {
            connection.send(head(UPLOAD, FORM, "content-length: " + body.length()) + body);
            assertThat(connection.read(SOON).bodyText()).isEqualTo("{\"text\":\"hi\"}");
        }
        assertThat(laboratory.upstream().requests().getFirst().bodyText())
                .isEqualTo(body.toString());
    }

    @Test
    void givesTheRoomBackOfACallerWhoLeaves() throws IOException {
        laboratory.upstream().answer(Script.silence());
        for (var length : new int[] {100, LARGE}) {
            try (var halfway = connect();
                    var waiting = connect()) {
                halfway.send(head(PATH, JSON_TYPE, "content-length: 9000000"));
                waiting.send(post(PATH, chat(length)));
                Awaitility.await().atMost(SOON).until(() -> exchanges.view().bodyBytes() >= length);
                waiting.reset();
            }
            holdsNothingAnyMore();
        }
    }

    private static String chat(int length) {
        return "{\"model\":\"some-model\",\"messages\":[{\"role\":\"user\",\"content\":\""
                + "text \\u4f60 ".repeat(length / 12)
                + "\"}]}";
    }

    private String head(String path, String... headers) {
        return headOf(laboratory.callerKey(), path, headers);
    }

    private static String headOf(String key, String path, String... headers) {
        return RawHttp.request("POST", path, "", withKey(key, headers));
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }
}
