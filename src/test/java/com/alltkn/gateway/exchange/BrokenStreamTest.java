package com.alltkn.gateway.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class BrokenStreamTest extends ExchangeTest {

    private static final String ERROR_EVENT =
            Script.event("{\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":\"c\"}}");

    @ParameterizedTest
    @CsvSource({
        "400, 400, c", "401, 502, upstream_credentials_exhausted", "404, 404, c",
        "429, 429, rate_limit_exceeded", "500, 502, upstream_failed",
                "503, 503, upstream_overloaded"
    })
    void answersARefusalOfUpstreamAsAnOrdinaryError(int said, int told, String code)
            throws IOException {
        laboratory.upstream().answer(Script.json(said, ERROR_EVENT.substring(6).strip()));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEnvelope(response, told, code);
    }

    @Test
    void answersAnErrorWhereUpstreamClosesWithoutAWord() throws IOException {
        laboratory.upstream().answer(Script.nothing().close());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEnvelope(response, 502, "upstream_unreachable");
        assertThat(summary(records.single()))
                .isEqualTo("502 failed upstream_unreachable closed_before_answer");
    }

    @Test
    void answersAnErrorWhereUpstreamResetsTheConnection() throws IOException {
        laboratory.upstream().answer(Script.nothing().reset());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEnvelope(response, 502, "upstream_unreachable");
        assertThat(summary(records.single()))
                .isEqualTo("502 failed upstream_unreachable closed_before_answer");
    }

    @Test
    void answersAnErrorWhereUpstreamIsCutWithinItsHead() throws IOException {
        laboratory.upstream().answer(Script.sseHead().cutAfter(30));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEnvelope(response, 502, "upstream_unreachable");
    }

    @Test
    void answersAnErrorWhereAGoodHeadIsCutBeforeTheFirstByte() throws IOException {
        laboratory.upstream().answer(Script.sseHead().cut());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEnvelope(response, 502, "upstream_interrupted");
        assertThat(summary(records.single())).isEqualTo("502 failed upstream_interrupted cut");
    }

    @Test
    void answersAnErrorWhereAStreamIsEmpty() throws IOException {
        laboratory.upstream().answer(Script.sse());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEnvelope(response, 502, "upstream_interrupted");
    }

    @Test
    void answersAnErrorWhereNoEventCameBeforeTheFirstByteClock() throws IOException {
        laboratory.upstream().answer(Script.sseHead().hang());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEnvelope(response, 504, "upstream_timeout");
        assertThat(summary(records.single()))
                .isEqualTo("504 timed_out upstream_timeout timeout_first_byte");
    }

    @Test
    void finishesTheOpenEventAndTellsOfACut() throws IOException {
        var open = HELLO + "data: {\"choices\":[{\"del";
        laboratory.upstream().answer(Script.sseHead().chunk(open).cut());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEndsInError(response, open + "\n\n", "upstream_interrupted");
        assertThat(summary(records.single())).isEqualTo("200 failed upstream_interrupted cut");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void finishesTheOpenEventWithTheLineEndsOfItsStream(String eol) throws IOException {
        var open = "data: {\"a\":1}" + eol + eol + "data: {\"b\":2}" + eol;
        laboratory.upstream().answer(Script.sseHead().chunk(open).cut());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEndsInError(response, open + eol, "upstream_interrupted");
    }

    @Test
    void tellsOfAResetBetweenTwoEvents() throws IOException {
        var gate = new Gate();
        laboratory.upstream().answer(Script.sseHead().chunk(HELLO).await(gate).reset());
        try (var connection = connect()) {
            connection.send(post("/v1/chat/completions", STREAMED_CHAT));
            connection.readUntil("}\n\n\r\n", SOON);

            gate.open();
            var rest = connection.readUntil("0\r\n\r\n", SOON);

            assertThat(rest)
                    .contains("\r\ndata: {\"error\":", "\"code\":\"upstream_interrupted\"")
                    .doesNotContain("[DONE]");
        }
        assertThat(summary(records.single())).isEqualTo("200 failed upstream_interrupted cut");
    }

    @Test
    void tellsOfAStall() throws IOException {
        laboratory.upstream().answer(Script.stallAfter(HELLO));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEndsInError(response, HELLO, "upstream_timeout");
        assertThat(summary(records.single()))
                .isEqualTo("200 timed_out upstream_timeout timeout_idle");
    }

    /// A stored response can be streamed once more, and no body says so.
    @Test
    void waitsNoLongerForAStoredResponseThanForAnyStream() throws IOException {
        laboratory.upstream().answer(Script.silence());
        var key = "authorization: Bearer " + laboratory.storingCallerKey();

        var response = send(RawHttp.request("GET", "/v1/responses/resp_1?stream=true", "", key));

        assertEnvelope(response, 504, "upstream_timeout");
        assertThat(summary(records.single()))
                .isEqualTo("504 timed_out upstream_timeout timeout_first_byte");
    }

    @Test
    void tellsOfAStreamThatTakesTooLongInAll() throws IOException {
        var events = IntStream.range(0, 30).mapToObj(_ -> HELLO).toArray(String[]::new);
        laboratory
                .upstream()
                .answer(Script.sseHead().chunks(events).paced(Duration.ofMillis(300)).hang());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        var whole = response.bodyText().lastIndexOf(HELLO) + HELLO.length();
        assertThat(whole % HELLO.length()).isZero();
        assertEndsInError(response, HELLO.repeat(whole / HELLO.length()), "upstream_timeout");
        assertThat(summary(records.single()))
                .isEqualTo("200 timed_out upstream_timeout timeout_total");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/v1/completions", "/v1/responses"})
    void takesACleanEndWithoutTheLastEventForACut(String path) throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO));

        var response = send(post(path, STREAMED_CHAT));

        assertEndsInError(response, HELLO, "upstream_interrupted");
        assertThat(summary(records.single())).isEqualTo("200 failed upstream_interrupted cut");
    }

    @Test
    void doesNotTakeDoneForTheEndOfAResponse() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, DONE));

        var response = send(post("/v1/responses", RESPONSE));

        assertEndsInError(response, HELLO + DONE, "upstream_interrupted");
    }

    @Test
    void takesACloseDelimitedStreamWithoutItsLastEventForACut() throws IOException {
        laboratory.upstream().answer(Script.closeDelimited(HELLO));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEndsInError(response, HELLO, "upstream_interrupted");
    }

    @Test
    void takesACloseDelimitedStreamWithItsLastEventForAWholeOne() throws IOException {
        laboratory.upstream().answer(Script.closeDelimited(HELLO, DONE));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertThat(response.bodyText()).isEqualTo(HELLO + DONE);
        assertThat(response.complete()).isTrue();
        assertThat(summary(records.single())).isEqualTo("200 answered");
    }

    @ParameterizedTest
    @ValueSource(strings = {STREAMED_CHAT, PLAIN_STREAMED_CHAT})
    void relaysUpstreamsOwnErrorAndAddsNoOther(String body) throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, ERROR_EVENT));

        var response = send(post("/v1/chat/completions", body));

        assertThat(response.bodyText()).isEqualTo(HELLO + ERROR_EVENT);
        assertThat(response.complete()).isTrue();
        assertThat(summary(records.single())).isEqualTo("200 failed upstream_interrupted cut");
    }

    @ParameterizedTest
    @ValueSource(strings = {STREAMED_CHAT, PLAIN_STREAMED_CHAT})
    void finishesUpstreamsOwnErrorWhereItsBlankLineIsMissing(String body) throws IOException {
        var unfinished = ERROR_EVENT.substring(0, ERROR_EVENT.length() - 1);
        laboratory.upstream().answer(Script.sseHead().chunks(HELLO, unfinished).cut());

        var response = send(post("/v1/chat/completions", body));

        assertThat(response.bodyText()).isEqualTo(HELLO + ERROR_EVENT);
        assertThat(response.complete()).isTrue();
    }

    @Test
    void cutsAStreamThatLacksItsLastChunkBehindItsLastEvent() throws IOException {
        laboratory.upstream().answer(Script.sseHead().chunks(HELLO, DONE).cut());

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertThat(response.bodyText()).isEqualTo(HELLO + DONE);
        assertThat(response.complete()).isFalse();
        assertThat(summary(records.single())).isEqualTo("200 failed upstream_interrupted cut");
    }

    @Test
    void neverShowsPartOfAnEventThatItWithholds() throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.sseHead()
                                .chunks(HELLO, "data: {\"choices\":[],\"usage\":{\"prompt_to")
                                .cut());

        var response = send(post("/v1/chat/completions", PLAIN_STREAMED_CHAT));

        assertEndsInError(response, HELLO + "\n\n", "upstream_interrupted");
    }

    @Test
    void cutsAChunkThatIsNone() throws IOException {
        laboratory.upstream().answer(Script.sseHead().chunk(HELLO).send("no length\r\nx\r\n"));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEndsInError(response, HELLO, "upstream_interrupted");
    }

    @Test
    void closesUpstreamsConnectionAfterEachFailure() throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.stallAfter(HELLO));

        send(post("/v1/chat/completions", STREAMED_CHAT));

        var id = laboratory.upstream().requests().getFirst().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
    }

    @Test
    void countsTheBytesThatWentOut() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, USAGE, DONE));

        send(post("/v1/chat/completions", PLAIN_STREAMED_CHAT));

        var record = records.single();
        assertThat(record.path("bytes_out").asInt())
                .isEqualTo((HELLO + DONE).getBytes(UTF_8).length);
        assertThat(record.path("bytes_in").asInt()).isEqualTo(PLAIN_STREAMED_CHAT.length());
    }
}
