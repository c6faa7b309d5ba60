package com.alltkn.gateway.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.junit.QuarkusTest;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Callers of HTTP/1.0, who know no chunks: many a proxy is one.
@QuarkusTest
class OldCallerTest extends ExchangeTest {

    private static final String CHUNKED = "transfer-encoding: chunked";

    @ParameterizedTest
    @ValueSource(strings = {"accept: */*", "connection: keep-alive", "expect: 100-continue"})
    void getsAnAnswerWithItsLength(String header) throws IOException {
        try (var connection = connect().send(old(CHAT, header))) {
            var response = connection.read(SOON);

            assertThat(response.statusLine()).isEqualTo("HTTP/1.0 200 OK");
            assertThat(response.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
            assertThat(response.header("content-length"))
                    .contains(Integer.toString(ScriptedUpstream.COMPLETION.length()));
            assertThat(connection.closedByServer(SOON)).isTrue();
        }
        assertThat(summary(records.single())).isEqualTo("200 answered");
    }

    @ParameterizedTest
    @ValueSource(strings = {"accept: */*", "connection: keep-alive"})
    void getsAnAnswerInPiecesUpToTheEndOfTheConnection(String header) throws IOException {
        laboratory.upstream().answer(json().chunks("{\"a\":", "1", "}").lastChunk());

        try (var connection = connect().send(old(CHAT, header))) {
            var response = connection.read(SOON);

            assertThat(response.header("transfer-encoding")).isEmpty();
            assertThat(response.bodyText()).isEqualTo("{\"a\":1}");
            assertThat(response.closed()).isTrue();
        }
        assertThat(summary(records.single())).isEqualTo("200 answered");
    }

    @Test
    void getsAStreamUpToTheEndOfTheConnection() throws IOException {
        laboratory.upstream().answer(Script.sse(HELLO, USAGE, DONE));

        try (var connection = connect().send(old(PLAIN_STREAMED_CHAT, "accept: */*"))) {
            var response = connection.read(SOON);

            assertThat(response.header("transfer-encoding")).isEmpty();
            assertThat(response.header("content-type")).contains("text/event-stream");
            assertThat(response.bodyText()).isEqualTo(HELLO + DONE);
            assertThat(response.closed()).isTrue();
        }
        assertThat(usage(records.single())).isEqualTo("5 in, 2 out");
    }

    @Test
    void isToldOfACutStreamByAnEvent() throws IOException {
        laboratory.upstream().answer(Script.sseHead().chunk(HELLO).cut());

        try (var connection = connect().send(old(STREAMED_CHAT, "accept: */*"))) {
            assertEndsInError(connection.read(SOON), HELLO, "upstream_interrupted");
        }
    }

    @Test
    void isToldOfACutAnswerByAReset() throws IOException {
        laboratory.upstream().answer(json().chunks("{\"a\":", "1", ",").cut());
        try (var connection = connect().send(old(CHAT, "accept: */*"))) {
            assertThat(endsInReset(connection)).isTrue();
        }
        assertThat(summary(records.single())).isEqualTo("200 failed upstream_interrupted cut");
    }

    @Test
    void isToldOfAnErrorInTheEnvelope() throws IOException {
        laboratory.upstream().answer(Script.nothing().close());

        try (var connection = connect().send(old(CHAT, "accept: */*"))) {
            assertEnvelope(connection.read(SOON), 502, "upstream_unreachable");
        }
    }

    private static boolean endsInReset(RawHttp connection) throws IOException {
        try {
            connection.skip(Long.MAX_VALUE, SOON);
            return false;
        } catch (EOFException end) {
            return false;
        } catch (SocketException reset) {
            return true;
        }
    }

    private String old(String body, String header) {
        return "POST /v1/chat/completions HTTP/1.0\r\nauthorization: Bearer "
                + laboratory.callerKey()
                + "\r\ncontent-type: application/json\r\ncontent-length: "
                + body.getBytes(UTF_8).length
                + "\r\n"
                + header
                + "\r\n\r\n"
                + body;
    }

    private static Script json() {
        return Script.head(200, "content-type: application/json", CHUNKED);
    }
}
