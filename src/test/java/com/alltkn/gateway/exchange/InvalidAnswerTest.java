package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Answers of upstream that are none, and some that only look like it.
@QuarkusTest
class InvalidAnswerTest extends ExchangeTest {

    private static final String PAGE = "<!doctype html><html><body>hello</body></html>";

    @ParameterizedTest
    @CsvSource({
        "text/html, content_type",
        "text/plain, content_type",
        "application/octet-stream, content_type",
        "application/json, first_byte",
        "application/problem+json, first_byte"
    })
    void refusesAPageOnAPathOfJson(String type, String failure) throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.head(
                                        200,
                                        "content-type: " + type,
                                        "content-length: " + PAGE.length())
                                .send(PAGE));

        var response = send(post("/v1/chat/completions", CHAT));

        assertEnvelope(response, 502, "upstream_invalid_answer");
        assertThat(response.bodyText()).doesNotContain("html");
        assertThat(summary(records.single()))
                .isEqualTo("502 failed upstream_invalid_answer " + failure);
    }

    @ParameterizedTest
    @CsvSource({"250, 200", "255, 502"})
    void refusesAnAnswerWithMoreHeadersThanServersSend(int more, int status) throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.head(
                                        200,
                                        "content-type: application/json",
                                        "content-length: 2" + "\r\nx: y".repeat(more))
                                .send("{}"));

        assertThat(send(post("/v1/chat/completions", CHAT)).status()).isEqualTo(status);
    }

    @Test
    void refusesJsonOfNoType() throws IOException {
        laboratory.upstream().answer(Script.head(200, "content-length: 2").send("{}"));

        assertEnvelope(send(post("/v1/chat/completions", CHAT)), 502, "upstream_invalid_answer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"content-length: 0", "connection: close"})
    void refusesAnEmptyAnswer(String framing) throws IOException {
        laboratory
                .upstream()
                .answer(Script.head(200, "content-type: application/json", framing).cut());

        var response = send(post("/v1/chat/completions", CHAT));

        assertEnvelope(response, 502, "upstream_invalid_answer");
        assertThat(summary(records.single())).isEqualTo("502 failed upstream_invalid_answer empty");
    }

    @Test
    void refusesAnAnswerOfNothingButSpace() throws IOException {
        laboratory.upstream().answer(Script.json(200, " \r\n\t"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertEnvelope(response, 502, "upstream_invalid_answer");
    }

    @Test
    void relaysJsonBehindSpaceThatKeepsTheConnectionAlive() throws IOException {
        laboratory.upstream().answer(jsonInChunks("\n", "\n", "{\"a\":1}"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.bodyText()).isEqualTo("\n\n{\"a\":1}");
        assertThat(response.complete()).isTrue();
        assertThat(summary(records.single())).isEqualTo("200 answered");
    }

    @Test
    void cutsAPageBehindSpace() throws IOException {
        laboratory.upstream().answer(jsonInChunks("\n", "\n", PAGE));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.bodyText()).isEqualTo("\n");
        assertThat(response.complete()).isFalse();
        assertThat(summary(records.single()))
                .isEqualTo("200 failed upstream_invalid_answer first_byte");
    }

    @Test
    void refusesAStreamThatNobodyAskedFor() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, DONE));

        assertEnvelope(send(post("/v1/chat/completions", CHAT)), 502, "upstream_invalid_answer");
    }

    @Test
    void relaysJsonWhereAStreamWasAskedFor() throws IOException {
        laboratory.upstream().answer(Script.json(200, ScriptedUpstream.COMPLETION));

        var response = send(post("/v1/chat/completions", PLAIN_STREAMED_CHAT));

        assertThat(response.header("content-type")).contains("application/json");
        assertThat(response.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
        assertThat(usage(records.single())).isEqualTo("5 in, 1 out");
    }

    @Test
    void relaysAnAnswerWithoutABody() throws IOException {
        laboratory.upstream().answer(Script.head(204));
        try (var connection = connect()) {
            for (int i = 0; i < 2; i++) {
                var response = connection.send(post("/v1/chat/completions", CHAT)).read(SOON);

                assertThat(response.status()).isEqualTo(204);
                assertThat(response.header("transfer-encoding")).isEmpty();
                assertThat(response.body()).isEmpty();
            }
        }
        assertThat(records.await(2)).allMatch(record -> summary(record).equals("204 answered"));
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 102, 103, 104, 199})
    void takesNoNoticeOfAnInterimAnswer(int status) throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.interim(status, "link: </a>")
                                .then(Script.interim(status))
                                .then(Script.json(200, ScriptedUpstream.COMPLETION)));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n",
                "HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\u000b\r\n"
                        + "content-length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                        + "x-request-id: a\u0000b\r\ncontent-length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                        + "content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                        + "content-length: -2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                        + "transfer-encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                "HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n",
                "HTTP/1.1 600 Odd\r\ncontent-length: 0\r\n\r\n",
                "not HTTP at all\r\n\r\n"
            })
    void answersAnErrorToAnAnswerThatBreaksTheProtocol(String answer) throws IOException {
        laboratory.upstream().answer(Script.nothing().send(answer));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(502);
        assertThat(response.header("content-type")).contains("application/json");
        assertThat(response.bodyText()).contains("\"type\":\"upstream_error\"");
        assertThat(records.single().path("outcome").asText()).isEqualTo("failed");
    }

    /// Upstream was asked for plain bytes; in others nobody would see the key. Whether the caller
    /// takes them says nothing.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "content-encoding: gzip",
                "content-encoding: x-gzip",
                "content-encoding: br",
                "content-encoding: deflate",
                "content-encoding: zstd",
                "content-encoding: GZIP",
                "content-encoding: identity, gzip",
                "content-encoding: identity\r\ncontent-encoding: gzip",
                "content-type: application/json; charset=utf-16",
                "content-type: audio/mpeg; Charset=\"UTF-32LE\"",
            })
    void refusesAnAnswerThatComesInACodingUnasked(String header) throws IOException {
        laboratory
                .upstream()
                .answer(
                        header.startsWith("content-type")
                                ? Script.head(200, header, "content-length: 6").send("zipped")
                                : Script.json(200, "zipped", header));
        for (var path : List.of("chat/completions", "audio/speech", "embeddings", "completions")) {
            var response = send(post("/v1/" + path, CHAT, "accept-encoding: gzip, br, zstd"));

            assertEnvelope(response, 502, "upstream_invalid_answer");
            assertThat(response.bodyText()).doesNotContain("zipped");
        }
        assertThat(records.await(4))
                .extracting(ExchangeTest::summary)
                .containsOnly("502 failed upstream_invalid_answer coding");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip, chunked", "gzip", "deflate, chunked"})
    void refusesAnAnswerInAnotherTransferCoding(String coding) throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.head(
                                        200,
                                        "content-type: application/json",
                                        "transfer-encoding: " + coding,
                                        "connection: close")
                                .chunk("{}")
                                .lastChunk()
                                .close());

        assertEnvelope(send(post("/v1/chat/completions", CHAT)), 502, "upstream_invalid_answer");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "content-encoding: identity",
                "content-encoding:",
                "x-other: gzip",
                "content-type: application/json; charset=utf-8",
                "content-type: application/json; charset=\"UTF8\"",
                "content-type: application/json;charset=iso-8859-1",
                "content-type: application/json;charset=cp1252",
            })
    void relaysAnAnswerThatComesAsItIs(String header) throws IOException {
        laboratory
                .upstream()
                .answer(
                        header.startsWith("content-type")
                                ? Script.head(200, header, "content-length: 2").send("{}")
                                : Script.json(200, "{}", header));

        var response = send(post("/v1/chat/completions", CHAT, "accept-encoding: gzip"));

        assertThat(response.bodyText()).isEqualTo("{}");
        assertThat(response.header("content-encoding")).isEmpty();
    }

    private static Script jsonInChunks(String... pieces) {
        return Script.head(200, "content-type: application/json", "transfer-encoding: chunked")
                .chunks(pieces)
                .lastChunk();
    }
}
