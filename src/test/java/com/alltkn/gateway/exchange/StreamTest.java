package com.alltkn.gateway.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.Script;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class StreamTest extends ExchangeTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"a\":\"你好\"}\n\ndata: [DONE]\n\n",
                "data: {\"a\":1}\r\n\r\ndata: [DONE]\r\n\r\n",
                "data: {\"a\":1}\r\rdata: [DONE]\r\r",
                "\uFEFFdata: {\"a\":1}\n\ndata: [DONE]\n\n",
                "\uFEFFdata: [DONE]\n\n",
                ": keep-alive\n\n:\n\ndata: {\"a\":1}\n: within\n\ndata: [DONE]\n\n",
                "id: 1\nevent: chunk\nretry: 5\ndata: {\"a\":\ndata: 1}\n\ndata: [DONE]\n\n",
                "data:{\"a\":1}\n\ndata:[DONE]\n\n",
                "data:  {\"a\": 1 } \n\n\n\n\ndata: [DONE]\n\n: goodbye\n\n",
                "unknown: x\ndata\n\ndata: {\"a\":1}\n\ndata: [DONE]\n"
            })
    void relaysEventsByteForByteInWhateverFormTheyCome(String events) throws IOException {
        laboratory.upstream().answer(Script.chunked(events));

        var asked = send(post("/v1/chat/completions", STREAMED_CHAT));
        var unasked = send(post("/v1/chat/completions", PLAIN_STREAMED_CHAT));

        assertThat(asked.bodyText()).isEqualTo(events);
        assertThat(unasked.bodyText()).isEqualTo(events);
        assertThat(asked.complete() && unasked.complete()).isTrue();
        assertThat(records.await(2)).allMatch(record -> summary(record).equals("200 answered"));
    }

    @Test
    void relaysAStreamThatIsSplitAnywhere() throws IOException {
        var events =
                "\uFEFF: 好\r\ndata: {\"a\":\"é你\uD83D\uDE00\"}\r\n\r\n"
                        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,"
                        + "\"completion_tokens\":2}}\r\n\r\ndata: [DONE]\r\n\r\n";
        var bytes = events.getBytes(UTF_8);
        try (var connection = connect()) {
            for (int at = 1; at < bytes.length; at++) {
                var split =
                        Script.sseHead()
                                .chunk(Arrays.copyOf(bytes, at))
                                .chunk(Arrays.copyOfRange(bytes, at, bytes.length))
                                .lastChunk();
                laboratory.upstream().answer(split);

                var response =
                        connection.send(post("/v1/chat/completions", STREAMED_CHAT)).read(SOON);

                assertThat(response.body()).as("split at %d", at).isEqualTo(bytes);
                assertThat(response.complete()).isTrue();
            }
        }
        assertThat(records.await(bytes.length - 1))
                .allMatch(record -> summary(record).equals("200 answered"))
                .allMatch(record -> usage(record).equals("5 in, 2 out"));
    }

    @Test
    void takesTheAddedUsageOutOfAStreamThatIsSplitAnywhere() throws IOException {
        var first = "data: {\"choices\":[{\"delta\":{\"content\":\"你\"}}],\"usage\":null}\r\n\r\n";
        var usage =
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2}}"
                        + "\r\n\r\n";
        var done = "data: [DONE]\r\n\r\n";
        var bytes = (first + usage + done).getBytes(UTF_8);
        try (var connection = connect()) {
            for (int at = 1; at < bytes.length; at++) {
                var split =
                        Script.sseHead()
                                .chunk(Arrays.copyOf(bytes, at))
                                .chunk(Arrays.copyOfRange(bytes, at, bytes.length))
                                .lastChunk();
                laboratory.upstream().answer(split);

                var response =
                        connection
                                .send(post("/v1/chat/completions", PLAIN_STREAMED_CHAT))
                                .read(SOON);

                assertThat(response.bodyText()).as("split at %d", at).isEqualTo(first + done);
                assertThat(response.complete()).isTrue();
            }
        }
        assertThat(records.await(bytes.length - 1))
                .allMatch(record -> usage(record).equals("5 in, 2 out"));
    }

    @Test
    void relaysAStreamThatComesByteByByte() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, USAGE, DONE).byteByByte());

        var asked = send(post("/v1/chat/completions", STREAMED_CHAT));
        var unasked = send(post("/v1/chat/completions", PLAIN_STREAMED_CHAT));

        assertThat(asked.bodyText()).isEqualTo(HELLO + USAGE + DONE);
        assertThat(unasked.bodyText()).isEqualTo(HELLO + DONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {STREAMED_CHAT, PLAIN_STREAMED_CHAT})
    void handsEachEventOnBeforeTheNextOneIsThere(String body) throws IOException {
        var gates = new Gate[] {new Gate(), new Gate(), new Gate()};
        laboratory
                .upstream()
                .answer(
                        Script.sseHead()
                                .chunk(HELLO)
                                .await(gates[0])
                                .chunk(": still here\n\n")
                                .await(gates[1])
                                .chunk(HELLO)
                                .await(gates[2])
                                .chunk(DONE)
                                .lastChunk());
        try (var connection = connect()) {
            connection.send(post("/v1/chat/completions", body));

            assertThat(connection.readUntil("\r\n\r\n", SOON)).startsWith("HTTP/1.1 200 OK");
            assertThat(connection.readUntil("}\n\n\r\n", SOON)).isEqualTo(chunk(HELLO));
            gates[0].open();
            assertThat(connection.readUntil("here\n\n\r\n", SOON))
                    .isEqualTo(chunk(": still here\n\n"));
            gates[1].open();
            assertThat(connection.readUntil("}\n\n\r\n", SOON)).isEqualTo(chunk(HELLO));
            gates[2].open();
            assertThat(connection.readUntil("0\r\n\r\n", SOON))
                    .isEqualTo(chunk(DONE) + "0\r\n\r\n");
        }
    }

    @Test
    void showsTheHeadersOfAStreamAndNeverCompressesIt() throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.sseHead("cache-control: max-age=5", "x-request-id: up-1")
                                .chunks(HELLO, DONE)
                                .lastChunk());

        var response =
                send(post("/v1/chat/completions", STREAMED_CHAT, "accept-encoding: gzip, br"));

        assertThat(response.header("content-type")).contains("text/event-stream");
        assertThat(response.header("cache-control")).contains("no-cache");
        assertThat(response.header("x-accel-buffering")).contains("no");
        assertThat(response.header("transfer-encoding")).contains("chunked");
        assertThat(response.header("content-length")).isEmpty();
        assertThat(response.header("content-encoding")).isEmpty();
        assertThat(response.header("x-upstream-request-id")).contains("up-1");
        assertThat(response.bodyText()).isEqualTo(HELLO + DONE);
        assertThat(laboratory.upstream().requests().getFirst().header("accept-encoding"))
                .contains("identity");
    }

    @Test
    void refusesACompressedStream() throws IOException {
        laboratory
                .upstream()
                .answer(Script.sseHead("content-encoding: gzip").chunk("\u001f").lastChunk());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT, "accept-encoding: gzip"));

        assertEnvelope(response, 502, "upstream_invalid_answer");
    }

    @Test
    void asksForUsageWhereTheCallerDidNotAndKeepsItToItself() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, USAGE, DONE));

        var response = send(post("/v1/chat/completions", PLAIN_STREAMED_CHAT));

        assertThat(
                        JSON.readTree(laboratory.upstream().requests().getFirst().bodyText())
                                .path("stream_options")
                                .toString())
                .isEqualTo("{\"include_usage\":true}");
        assertThat(response.bodyText()).isEqualTo(HELLO + DONE);
        assertThat(usage(records.single())).isEqualTo("5 in, 2 out");
    }

    @Test
    void leavesUsageInAStreamWhoseCallerAskedForIt() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, USAGE, DONE));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(STREAMED_CHAT);
        assertThat(response.bodyText()).isEqualTo(HELLO + USAGE + DONE);
        assertThat(usage(records.single())).isEqualTo("5 in, 2 out");
    }

    @Test
    void keepsTheOtherStreamOptionsOfACaller() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, USAGE, DONE));

        var response =
                send(
                        post(
                                "/v1/chat/completions",
                                "{\"model\":\"m\",\"stream\":true,"
                                        + "\"stream_options\":{ \"x\" : 1.0 },\"messages\":[]}"));

        var options =
                JSON.readTree(laboratory.upstream().requests().getFirst().bodyText())
                        .path("stream_options");
        assertThat(options.path("x").toString()).isEqualTo("1.0");
        assertThat(options.path("include_usage").asBoolean()).isTrue();
        assertThat(options.size()).isEqualTo(2);
        assertThat(response.bodyText()).isEqualTo(HELLO + DONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"completed", "incomplete"})
    void endsAResponseWithItsOwnLastEventAndAddsNothing(String end) throws IOException {
        var events =
                "event: response.created\ndata: {\"type\":\"response.created\"}\n\n"
                        + ("event: response.%s\ndata: {\"type\":\"response.%s\",\"response\":"
                                        + "{\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}}\n\n")
                                .formatted(end, end);
        laboratory.upstream().answer(Script.sse(events));

        var response = send(post("/v1/responses", RESPONSE));

        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(RESPONSE);
        assertThat(response.bodyText()).isEqualTo(events);
        assertThat(response.complete()).isTrue();
        var record = records.single();
        assertThat(summary(record)).isEqualTo("200 answered");
        assertThat(usage(record)).isEqualTo("3 in, 4 out");
    }

    @Test
    void takesAFailedResponseForAWholeOne() throws IOException {
        var events = "data: {\"type\":\"response.failed\",\"response\":{\"error\":{}}}\n\n";
        laboratory.upstream().answer(Script.sse(events));

        var response = send(post("/v1/responses", RESPONSE));

        assertThat(response.bodyText()).isEqualTo(events);
        assertThat(response.complete()).isTrue();
        assertThat(summary(records.single())).isEqualTo("200 answered");
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.getBytes(UTF_8).length) + "\r\n" + text + "\r\n";
    }
}
