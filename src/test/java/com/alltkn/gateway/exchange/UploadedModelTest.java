package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.laboratory.LiveCallersFile;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.PermissionDeniedException;
import com.openai.models.audio.transcriptions.TranscriptionCreateParams;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/// Uploads of a caller whose models are restricted.
@QuarkusTest
@TestInstance(Lifecycle.PER_CLASS)
class UploadedModelTest extends ExchangeTest {

    private static final String PATH = "/v1/audio/transcriptions";
    private static final String TYPE = "content-type: multipart/form-data; boundary=bnd";
    private static final String ANSWER = "{\"text\":\"hi\"}";

    @Inject CallerDirectory directory;

    private final String key = "test-caller-" + UUID.randomUUID();
    private LiveCallersFile file;

    @BeforeAll
    void restrict() throws IOException {
        file = new LiveCallersFile(directory);
        file.add("narrow", key, "models: [\"whisper-*\"]");
    }

    @BeforeEach
    void transcribe() {
        laboratory.upstream().answer(Script.json(200, ANSWER));
    }

    @AfterAll
    void putBack() throws IOException {
        file.close();
    }

    @Test
    void passesAnUploadOfAnAllowedModelOnByteForByte() throws IOException {
        var body = model("whisper-1") + audio("a".repeat(300_000)) + "--bnd--\r\n";

        var response = upload(body);

        assertThat(response.bodyText()).isEqualTo(ANSWER);
        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(body);
        var record = records.single();
        assertThat(record.path("bytes_in").asInt()).isEqualTo(body.length());
        assertThat(record.path("model_asked").asText()).isEqualTo("whisper-1");
    }

    @Test
    void passesAnUploadOnWhileItComes() throws IOException {
        try (var connection = connect()) {
            var before = laboratory.upstream().receivedBytes();
            connection.send(head("transfer-encoding: chunked"));
            connection.send(chunk(model("whisper-1").substring(0, 30)));
            connection.send(chunk(model("whisper-1").substring(30) + "--bnd\r\n"));
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> laboratory.upstream().receivedBytes() > before + 60);

            var part = audio("RIFF").substring("--bnd\r\n".length());
            connection.send(chunk(part)).send(chunk("--bnd--\r\n") + "0\r\n\r\n");

            assertThat(connection.read(SOON).bodyText()).isEqualTo(ANSWER);
        }
        assertThat(laboratory.upstream().requests().getFirst().bodyText())
                .isEqualTo(model("whisper-1") + audio("RIFF") + "--bnd--\r\n");
    }

    @Test
    void refusesAModelThatIsNotAllowed() throws IOException {
        var response = upload(model("gpt-4o-transcribe") + audio("RIFF") + "--bnd--\r\n");

        assertEnvelope(response, 403, "model_not_allowed");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void refusesAModelThatIsNotAllowedBeforeTheFileHasCome() throws IOException {
        try (var connection = connect()) {
            connection.send(head("content-length: 3000000"));
            connection.send(model("gpt-4o-transcribe") + "--bnd");

            assertEnvelope(connection.read(SOON), 403, "model_not_allowed");
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void wantsTheModelWithinTheFirst64KiB() throws IOException {
        var late = audio("a".repeat(66_000)) + model("whisper-1") + "--bnd--\r\n";
        var early = audio("a".repeat(64_000)) + model("whisper-1") + "--bnd--\r\n";

        assertEnvelope(upload(late), 400, "missing_model");
        assertEnvelope(upload(audio("a") + "--bnd--\r\n"), 400, "missing_model");
        assertThat(upload(early).bodyText()).isEqualTo(ANSWER);
    }

    @Test
    void refusesABodyThatCouldBeReadDifferently() throws IOException {
        assertEnvelope(
                upload(model("whisper-1").replace("\"model\"", "model") + "--bnd--\r\n"),
                400,
                "invalid_multipart");
        assertEnvelope(upload(""), 400, "invalid_multipart");
        assertEnvelope(
                upload(model("whisper-1") + model("gpt-4o") + "--bnd--\r\n"),
                400,
                "duplicate_field");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void breaksAnUploadOffThatNamesAnotherModelLater() throws IOException, InterruptedException {
        var body =
                model("whisper-1") + audio("a".repeat(200_000)) + model("gpt-4o") + "--bnd--\r\n";
        laboratory.upstream().answer(Script.json(200, ANSWER));

        assertEnvelope(upload(body), 400, "duplicate_field");

        for (var request : laboratory.upstream().requests()) {
            assertThat(laboratory.upstream().awaitPeerClosed(request.connectionId(), SOON))
                    .isTrue();
            assertThat(request.bodyText()).doesNotContain("gpt-4o\r\n--bnd--");
        }
    }

    @Test
    void refusesABoundaryThatIsNotPlain() throws IOException {
        var body = model("whisper-1") + "--bnd--\r\n";

        assertEnvelope(send(request(body, TYPE + "; boundary=x")), 400, "invalid_multipart");
    }

    @Test
    void givesUpAnUploadThatStallsBeforeItsModel() throws IOException {
        try (var connection = connect()) {
            connection.send(head("content-length: 1000")).send("--bnd\r\n");

            assertEnvelope(connection.read(SOON), 400, "request_too_slow");
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void forgetsAnUploadWhoseCallerLeavesBeforeItsModel() throws IOException {
        try (var connection = connect()) {
            connection.send(head("content-length: 1000")).send("--bnd\r\n");
        }

        assertThat(records.single().path("failure").asText()).isEqualTo("caller_gone");
    }

    @Test
    void looksAtNoUploadOfACallerWhoMayUseEveryModel() throws IOException {
        var body = "anything at all";

        var response =
                send(
                        head("content-length: " + body.length())
                                        .replace(key, laboratory.callerKey())
                                + body);

        assertThat(response.bodyText()).isEqualTo(ANSWER);
        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(body);
    }

    @Test
    void understandsWhatOpenAisOwnClientSends() {
        var client =
                OpenAIOkHttpClient.builder()
                        .baseUrl("http://127.0.0.1:" + url.getPort() + "/v1")
                        .apiKey(key)
                        .maxRetries(0)
                        .timeout(Duration.ofSeconds(5))
                        .build();
        try {
            var params =
                    TranscriptionCreateParams.builder()
                            .file(new byte[10_000])
                            .language("en")
                            .model("whisper-1");

            var answer = client.audio().transcriptions().create(params.build());

            assertThat(answer.asTranscription().text()).isEqualTo("hi");
            assertThatExceptionOfType(PermissionDeniedException.class)
                    .isThrownBy(() ->
                            client.audio()
                                    .transcriptions()
                                    .create(params.model("gpt-4o-transcribe").build()));
        } finally {
            client.close();
        }
    }

    private RawResponse upload(String body) throws IOException {
        return send(request(body, TYPE));
    }

    private String request(String body, String type) {
        return head("content-length: " + body.length()).replace(TYPE, type) + body;
    }

    private String head(String framing) {
        return "POST %s HTTP/1.1\r\nhost: h\r\nauthorization: Bearer %s\r\n%s\r\n%s\r\n\r\n"
                .formatted(PATH, key, TYPE, framing);
    }

    private static String model(String name) {
        return "--bnd\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n" + name + "\r\n";
    }

    private static String audio(String content) {
        return "--bnd\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
                + "Content-Type: audio/wav\r\n\r\n"
                + content
                + "\r\n";
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }
}
