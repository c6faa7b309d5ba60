package com.alltkn.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import io.quarkus.test.junit.QuarkusTest;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests that two servers could cut into requests differently. Behind each a second, good one is
/// already on the wire: it must never be read.
@QuarkusTest
class HostileHttpTest extends GatewayTest {

    private static final String CHUNKED_CHAT =
            Integer.toHexString(CHAT.length()) + "\r\n" + CHAT + "\r\n0\r\n\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "content-length: 69|transfer-encoding: chunked",
                "transfer-encoding: chunked|content-length: 4",
                "transfer-encoding: xchunked",
                "transfer-encoding: cow",
                "transfer-encoding: identity",
                "transfer-encoding: chunked, identity",
                "transfer-encoding: identity, chunked",
                "transfer-encoding: gzip, chunked",
                "transfer-encoding: chunked, chunked",
                "transfer-encoding: chunked;q=1",
                "transfer-encoding: \"chunked\"",
                "transfer-encoding: \u000bchunked",
                "transfer-encoding: chunked\u0000",
                "transfer-encoding: chunked|transfer-encoding: chunked",
                "transfer-encoding: chunked|transfer-encoding: identity",
                "transfer-encoding:| chunked",
                "transfer-encoding: chunked| ",
                "transfer-encoding:|\tchunked",
                "transfer-encoding : chunked",
                "transfer-encoding\t: chunked",
                "transfer-encoding: chunked\n",
                "x-a: b\ntransfer-encoding: chunked",
                "x-a: b\rtransfer-encoding: chunked|content-length: 69",
                "x-a: b\r\rtransfer-encoding: chunked|content-length: 69",
                "x-a: b\u0000|transfer-encoding: chunked",
            })
    void refusesAnAmbiguousTransferEncoding(String lines) throws IOException {
        assertRefusedAndClosed(chat(lines) + CHUNKED_CHAT, 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "content-length: 69|content-length: 70",
                "content-length: 69|content-length: 69",
                "content-length: 69, 69",
                "content-length: 69, 5",
                "content-length: +69",
                "content-length: -69",
                "content-length: -0",
                "content-length: 6 9",
                "content-length: 0x45",
                "content-length: 69.0",
                "content-length: 1e2",
                "content-length: ",
                "content-length: 99999999999999999999",
                "content-length: \u000b69",
                "content-length: ٦٩",
                "content-length:| 69",
                "content-length: 6| 9",
                "content-length : 69",
            })
    void refusesAnAmbiguousLength(String lines) throws IOException {
        assertRefusedAndClosed(chat(lines) + CHAT, 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ": no name",
                "no colon",
                "two words: x",
                "x\u0000: y",
                "x-a: a\u0000b",
                "x-a: \u0001",
                "x-a: a\rb",
                "x(: y",
                "naïve: y",
            })
    void refusesAMalformedHeader(String line) throws IOException {
        assertRefusedAndClosed(chat(line + "|content-length: 69") + CHAT, 400);
    }

    @Test
    void readsNoRequestOutOfABodyWhoseLengthAFoldedLineSwallowed() throws IOException {
        var request =
                head("POST /v1/chat/completions HTTP/1.1")
                        + "content-type: application/json\r\n"
                        + " content-length: 69\r\n\r\n"
                        + second();

        assertRefusedAndClosed(request, 415);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ffffffffffffffff1\r\n",
                "7fffffffffffffff1\r\n",
                "80000045\r\n",
                "-45\r\n",
                "0x45\r\n",
                "zz\r\n",
                "\r\n",
                "4 5\r\n",
                "45\n",
                "45;a=\"\n\"\r\n",
            })
    void refusesAMalformedChunk(String size) throws IOException {
        assertRefusedAndClosed(
                chat("transfer-encoding: chunked") + size + CHAT + "\r\n0\r\n\r\n", 400);

        // One for it, one for the good request after it.
        records.await(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"45;name=value\r\n", "45;name=\"v;w\"\r\n", "00000045\r\n"})
    void readsChunksAsTheyMayBeWritten(String size) throws IOException {
        var response =
                send(chat("transfer-encoding: chunked") + size + CHAT + "\r\n0\r\nx-a: b\r\n\r\n");

        assertThat(response.status()).isEqualTo(200);
        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(CHAT);
        assertThat(laboratory.upstream().requests().getFirst().header("x-a")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /v1/models HTTP/9.9|505",
                "GET /v1/models HTTP/2.0|505",
                "GET /v1/models HTTP/0.9|505",
                "GET /v1/models HTTP/1.10|505",
                "GET /v1/models ICY/1.1|505",
                "GET /v1/models HTTP/1|400",
                "GET /v1/models HTTPS|400",
                "GET /v1/models|400",
                "GET /v1/models?a b HTTP/1.1|400",
                "G@T /v1/models HTTP/1.1|400",
            })
    void refusesARequestLineThatIsNone(String line, int status) throws IOException {
        var response = assertRefusedAndClosed(head(line) + "\r\n", status);

        if (status == 505) {
            assertThat(response.statusLine()).startsWith("HTTP/1.1 505 ");
            assertThat(response.bodyText()).contains("\"code\":\"unsupported_http_version\"");
        }
    }

    @Test
    void refusesThePrefaceOfHttp2() throws IOException {
        var response = assertRefusedAndClosed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);

        assertThat(response.bodyText()).contains("\"code\":\"unsupported_http_version\"");
        // Its own, and that of the good request after it.
        assertThat(records.await(2).getFirst().path("outcome").asText()).isEqualTo("refused");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host: a|host: a",
                "host: a|host: b",
                "host: a b",
                "host: a/b",
                "host: u@a",
                "host: a:b",
                "host: a:99999",
                "host: é",
                "host: a?b",
                "host: [",
            })
    void refusesAHostThatIsNone(String lines) throws IOException {
        var request =
                "GET /v1/models HTTP/1.1\r\n"
                        + credential()
                        + (lines.isEmpty() ? "" : lines.replace("|", "\r\n") + "\r\n")
                        + "\r\n";

        var response = assertRefusedAndClosed(request, 400);

        assertThat(response.bodyText())
                .contains("\"message\":\"exactly one valid host header is needed\"")
                .contains("\"code\":\"invalid_host\"")
                .contains("\"param\":null")
                .contains("\"type\":\"invalid_request_error\"");
        // Its own, and that of the good request after it.
        assertThat(records.await(2).getFirst().path("error").asText()).isEqualTo("invalid_request");
    }

    @Test
    void refusesHeadersThatAreTooLarge() throws IOException {
        assertRefusedAndClosed(chat("x-a: " + "a".repeat(20_000)), 431);
        assertRefusedAndClosed(chat("a: b|".repeat(5_000) + "c: d"), 431);
    }

    @Test
    void refusesATargetThatIsTooLong() throws IOException {
        assertRefusedAndClosed(head("GET /v1/models/" + "a".repeat(9_000) + " HTTP/1.1"), 414);
    }

    @Test
    void refusesWhatIsNoHttp() throws IOException {
        assertRefusedAndClosed("hello\r\n\r\n", 400);
        assertRefusedAndClosed("\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n", 400);
    }

    @Test
    void refusesABodyWhereNoneMeansAnything() throws IOException {
        for (var framing :
                List.of(
                        "content-length: 69\r\n\r\n" + CHAT,
                        "transfer-encoding: chunked\r\n\r\n" + CHUNKED_CHAT)) {
            var response = send(head("GET /v1/models HTTP/1.1") + framing);

            assertThat(response.status()).isEqualTo(400);
            assertThat(response.bodyText()).contains("\"code\":\"unexpected_body\"");
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void upgradesToNoOtherProtocol() throws IOException {
        var h2c =
                "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n";
        var webSocket =
                "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
                        + "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

        for (var upgrade : List.of(h2c, webSocket)) {
            var response = send(head("GET /v1/models HTTP/1.1") + upgrade + "\r\n");

            assertThat(response.status()).isEqualTo(200);
        }
    }

    @Test
    void answersPipelinedRequestsInTheirOrder() throws IOException {
        try (var connection = connect()) {
            connection.send(post("/v1/chat/completions", CHAT) + second());

            assertThat(connection.read(SOON).status()).isEqualTo(200);
            assertThat(connection.read(SOON).status()).isEqualTo(200);
        }
        assertThat(laboratory.upstream().requests())
                .extracting(request -> request.rawPath())
                .containsExactly("/api/v1/chat/completions", "/api/v1/models");
    }

    /// Sends it with a good request behind it.
    private RawResponse assertRefusedAndClosed(String request, int status) throws IOException {
        RawResponse response;
        try (var connection = connect()) {
            connection.send((request + second()).getBytes(StandardCharsets.UTF_8));
            response = connection.read(SOON);
            assertThat(response.status()).isEqualTo(status);
            assertThat(connection.closedByServer(SOON)).isTrue();
        } catch (EOFException e) {
            throw new AssertionError("closed without an answer", e);
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
        assertThat(send(second()).status()).isEqualTo(200);
        laboratory.upstream().forget();
        return response;
    }

    /// The head of a chat request with further lines, which a bar separates.
    private String chat(String lines) {
        return head("POST /v1/chat/completions HTTP/1.1")
                + "content-type: application/json\r\n"
                + lines.replace("|", "\r\n")
                + "\r\n\r\n";
    }

    private String head(String line) {
        return line + "\r\nhost: h\r\n" + credential();
    }

    private String second() {
        return RawHttp.request("GET", "/v1/models", "", withKey(laboratory.callerKey()));
    }

    private String credential() {
        return "authorization: Bearer " + laboratory.callerKey() + "\r\n";
    }
}
