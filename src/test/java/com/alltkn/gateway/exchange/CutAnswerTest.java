package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.Script.Step;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Answers that are cut at every byte of their bodies: none may look whole to the caller.
@QuarkusTest
class CutAnswerTest extends ExchangeTest {

    private static final String ANSWER =
            "{\"choices\":[{\"message\":{\"content\":\"你好 }\\\"]\"}}],"
                    + "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}";

    private RawHttp connection;

    @BeforeEach
    void open() throws IOException {
        connection = connect();
    }

    @AfterEach
    void close() throws IOException {
        connection.close();
    }

    @Test
    void reportsEveryCutOfAnAnswerWithALength() throws IOException {
        reportsEveryCut(Script.json(200, ANSWER), CHAT);
    }

    @Test
    void reportsEveryCutOfAnAnswerInChunks() throws IOException {
        reportsEveryCut(
                jsonHead("transfer-encoding: chunked")
                        .chunks(ANSWER.substring(0, 20), ANSWER.substring(20))
                        .lastChunk(),
                CHAT);
    }

    @Test
    void reportsEveryCutOfAnAnswerThatEndsWithItsConnection() throws IOException {
        reportsEveryCut(
                jsonHead("connection: close")
                        .send(ANSWER.substring(0, 20))
                        .send(ANSWER.substring(20)),
                CHAT,
                // Cut before its first byte it is empty, and told as that.
                1);
    }

    @Test
    void reportsEveryCutOfAStreamInChunks() throws IOException {
        reportsEveryCut(Script.sse(HELLO, USAGE, DONE), STREAMED_CHAT);
    }

    @Test
    void reportsEveryCutOfAStreamThatIsAskedForItsUsage() throws IOException {
        reportsEveryCut(Script.sse(HELLO, USAGE, DONE), PLAIN_STREAMED_CHAT);
    }

    @Test
    void reportsEveryCutOfAStreamThatEndsWithItsConnection() throws IOException {
        reportsEveryCut(
                Script.head(200, "content-type: text/event-stream", "connection: close")
                        .send(HELLO)
                        .send(USAGE)
                        .send(DONE),
                STREAMED_CHAT);
    }

    @Test
    void takesWhatIsNotCutForWhole() throws IOException {
        laboratory.upstream().answer(jsonHead("connection: close").send(ANSWER).cut());

        var response = connection.send(post("/v1/chat/completions", CHAT)).read(SOON);

        assertThat(response.bodyText()).isEqualTo(ANSWER);
        assertThat(response.complete()).isTrue();
        assertThat(summary(records.single())).isEqualTo("200 answered");
    }

    @Test
    void cutsALongAnswerOfWhichMuchIsOut() throws IOException {
        var start = "{\"text\":\"" + "x".repeat(300_000);
        laboratory
                .upstream()
                .answer(jsonHead("transfer-encoding: chunked").chunks(start, start).reset());

        var response = connection.send(post("/v1/chat/completions", CHAT)).read(SOON);

        assertThat(response.complete()).isFalse();
        assertThat(records.single().path("outcome").asText()).isEqualTo("failed");
    }

    @Test
    void cutsAudioThatIsCut() throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.head(200, "content-type: audio/wav", "transfer-encoding: chunked")
                                .chunk("RIFF")
                                .cut());

        var response =
                connection
                        .send(post("/v1/audio/speech", "{\"model\":\"m\",\"input\":\"x\"}"))
                        .read(SOON);

        assertThat(response.bodyText()).isEqualTo("RIFF");
        assertThat(response.complete()).isFalse();
        assertThat(summary(records.single())).isEqualTo("200 failed upstream_interrupted cut");
    }

    private void reportsEveryCut(Script whole, String body) throws IOException {
        reportsEveryCut(whole, body, 0);
    }

    private void reportsEveryCut(Script whole, String body, int from) throws IOException {
        var head = ((Step.Send) whole.steps().getFirst()).bytes().length;
        var length =
                whole.steps().stream().mapToInt(step -> ((Step.Send) step).bytes().length).sum()
                        - head;
        for (int at = from; at < length; at++) {
            laboratory.upstream().answer(whole.cutAfter(head + at));

            var response = connection.send(post("/v1/chat/completions", body)).read(SOON);

            assertReported(response, at);
            if (response.closed()) {
                connection.close();
                connection = connect();
            }
        }
        assertThat(records.await(length - from))
                .allMatch(record -> record.path("outcome").asText().equals("failed"))
                .allMatch(record -> record.path("error").asText().equals("upstream_interrupted"));
    }

    private static void assertReported(RawResponse response, int at) {
        if (response.status() == 502) {
            assertEnvelope(response, 502, "upstream_interrupted");
            return;
        }
        assertThat(response.status()).as("cut at %d", at).isEqualTo(200);
        if (response.complete()) {
            assertThat(response.bodyText())
                    .as("cut at %d", at)
                    .contains("data: {\"error\":", "\"code\":\"upstream_interrupted\"")
                    .endsWith("}}\n\n")
                    .doesNotContain("[DONE]\n\n");
        }
    }

    private static Script jsonHead(String framing) {
        return Script.head(200, "content-type: application/json", framing);
    }
}
