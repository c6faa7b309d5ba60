package com.alltkn.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.RawHttp;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Bodies that two parsers could read differently, or that would hurt one: refused here, and never
/// seen upstream.
@QuarkusTest
class HostileJsonTest extends GatewayTest {

    private static final String PATH = "/v1/chat/completions";

    @AfterEach
    void isStillAlive() throws IOException {
        assertThat(send(post(PATH, CHAT)).status()).isEqualTo(200);
    }

    /// Columns: the body; the field at fault; the code.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "' '|-|invalid_json",
                "[]|-|invalid_json",
                "null|-|invalid_json",
                "\"text\"|-|invalid_json",
                "7|-|invalid_json",
                "{|-|invalid_json",
                "{\"model\":\"a\"|-|invalid_json",
                "{\"model\":\"a\"}{}|-|invalid_json",
                "{\"model\":\"a\"} x|-|invalid_json",
                "{\"model\":\"a\",}|-|invalid_json",
                "{'model':1}|-|invalid_json",
                "{\"model\":NaN}|-|invalid_json",
                "{\"model\":\"a\"}/**/|-|invalid_json",
                "\uFEFF{\"model\":\"a\"}|-|invalid_json",
                "{\"model\":\"a\",\"model\":\"b\"}|model|duplicate_field",
                "{\"model\":\"a\",\"\\u006dodel\":\"b\"}|model|duplicate_field",
                "{\"\\u006dode\\u006C\":\"a\",\"model\":\"b\"}|model|duplicate_field",
                "{\"stream\":false,\"stream\":true}|stream|duplicate_field",
                "{\"background\":false,\"back\\u0067round\":true}|background|duplicate_field",
                "{\"model\":7}|model|invalid_type",
                "{\"model\":true}|model|invalid_type",
                "{\"model\":[\"a\"]}|model|invalid_type",
                "{\"model\":{\"a\":1}}|model|invalid_type",
                "{\"model\":\"\"}|model|invalid_value",
                "{\"model\":\"  \"}|model|invalid_value",
                "{\"n\":1,\"n\":2}|n|duplicate_field",
                "{\"best_of\":1,\"best_\\u006ff\":2}|best_of|duplicate_field",
                "{\"max_tokens\":1,\"max_\\u0074okens\":2}|max_tokens|duplicate_field",
                "{\"model\":\"a\\u0000b\"}|model|invalid_value",
                "{\"model\":\"a\\nb\"}|model|invalid_value",
                "{\"model\":\"\\ud800\"}|model|invalid_value",
                "{\"stream\":\"true\"}|stream|invalid_type",
                "{\"stream\":1}|stream|invalid_type",
                "{\"stream_options\":[]}|stream_options|invalid_type",
            })
    void refusesABodyThatCouldBeReadTwice(String body, String param, String code)
            throws IOException {
        var response = send(post(PATH, body));

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.bodyText())
                .contains("\"type\":\"invalid_request_error\"")
                .contains("\"param\":" + (param == null ? "null" : '"' + param + '"'))
                .contains("\"code\":\"" + code + "\"");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void refusesAnEmptyBody() throws IOException {
        var response =
                send(
                        request(
                                "POST",
                                PATH,
                                "",
                                "content-type: application/json",
                                "content-length: 0"));

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.bodyText()).contains("\"message\":\"the body is empty\"");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":", "[{\"a\":"})
    void refusesDepth(String opening) throws IOException {
        var response = send(post(PATH, "{\"x\":" + opening.repeat(10_000)));

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.bodyText()).contains("nested deeper than");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void refusesNumbersThatCostMoreThanTheyAreWorth() throws IOException {
        var response = send(post(PATH, "{\"model\":\"a\",\"seed\":" + "9".repeat(100_000) + "}"));

        assertThat(response.status()).isEqualTo(400);
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void passesNumbersOnAsTheyWereWritten() throws IOException {
        var body = "{\"model\":\"a\",\"x\":1e400,\"y\":-0.0,\"z\":12345678901234567890123}";

        assertThat(send(post(PATH, body)).status()).isEqualTo(200);

        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(body);
    }

    @Test
    void passesEscapesOfLoneSurrogatesOnAsTheyWereWritten() throws IOException {
        var body = "{\"model\":\"a\",\"messages\":[\"\\ud800\",\"\\uDFFF\\u0000\"]}";

        assertThat(send(post(PATH, body)).status()).isEqualTo(200);

        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(body);
    }

    @ParameterizedTest
    @CsvSource({"c0 af", "ff", "ed a0 80", "f4 90 80 80", "e2 82", "80", "00", "1f"})
    void refusesBytesThatAreNoText(String hex) throws IOException {
        var body = new ByteArrayOutputStream();
        body.writeBytes("{\"model\":\"a\",\"x\":\"".getBytes(StandardCharsets.UTF_8));
        for (var octet : hex.split(" ", -1)) {
            body.write(Integer.parseInt(octet, 16));
        }
        body.writeBytes("\"}".getBytes(StandardCharsets.UTF_8));

        try (var connection = connect()) {
            connection.send(head(body.size())).send(body.toByteArray());

            assertThat(connection.read(SOON).status()).isEqualTo(400);
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void tellsAClientThatIsStillSendingThatItsBodyIsTooLarge() throws IOException {
        try (var connection = connect()) {
            connection.send(head(3 * 1024 * 1024));
            var piece = "x".repeat(1024);
            for (int i = 0; i < 64; i++) {
                connection.send(piece);
            }

            var response = connection.read(SOON);

            assertThat(response.status()).isEqualTo(413);
            assertThat(response.bodyText())
                    .contains("\"code\":\"request_too_large\"")
                    .contains("the body is over the limit of 2097152 bytes");
            assertThat(connection.closedByServer(SOON)).isTrue();
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void tellsAClientWhoseChunksBecomeTooLarge() throws IOException {
        try (var connection = connect()) {
            connection.send(
                    request(
                            "POST",
                            PATH,
                            "",
                            "content-type: application/json",
                            "transfer-encoding: chunked"));
            var chunk = "10000\r\n" + " ".repeat(0x10000) + "\r\n";
            for (int i = 0; i < 33; i++) {
                connection.send(chunk);
            }

            assertThat(connection.read(SOON).status()).isEqualTo(413);
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br", "deflate", "identity, gzip", "x"})
    void takesNoCompressedBody(String coding) throws IOException {
        var zipped = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(zipped)) {
            gzip.write(CHAT.getBytes(StandardCharsets.UTF_8));
        }

        try (var connection = connect()) {
            connection
                    .send(head(zipped.size(), "content-encoding: " + coding))
                    .send(zipped.toByteArray());
            var response = connection.read(SOON);

            assertThat(response.status()).isEqualTo(415);
            assertThat(response.bodyText()).contains("\"code\":\"unsupported_media_type\"");
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-none: 1",
                "content-type: text/plain",
                "content-type: multipart/form-data; boundary=x",
                "content-type: application/x-www-form-urlencoded",
                "content-type: application/json\r\ncontent-type: application/json",
                "content-type: application/json, text/plain",
                "content-type: ///;;;",
                "content-type:",
                "content-type: application/json; charset=utf-16",
                "content-type: application/json;charset=\"UTF-16\"",
                "Content-Type: APPLICATION/JSON; CHARSET=UTF-16LE",
                "content-type: application/json; charset=utf-32",
                "content-type: application/json; charset=utf-7",
                "content-type: application/json; charset=iso-8859-1",
                "content-type: application/json; charset=us-ascii",
                "content-type: application/json; charset=ibm037",
                "content-type: application/json; charset=\"\"",
                "content-type: application/json; charset=",
                "content-type: application/json; charset",
                "content-type: application/json; charset=utf-8; charset=utf-16",
                "content-type: application/json; charset=utf-16; charset=utf-8",
                "content-type: application/json; charset=utf-8; charset=utf-8",
                "content-type: application/json; charset*=utf-16''x",
                "content-type: application/json; charset*0=utf-16",
                "content-type: application/json; charset = utf-16",
                "content-type: application/json; charset=utf-8 utf-16",
                "content-type: application/json; charset=\"utf-8",
                "content-type: application/json; charset='utf-16'",
                "content-type: application/json; charset=utf-8, application/json; charset=utf-16",
                "content-type: application/json; x=\"; charset=utf-16\"",
                "content-type: application/json; x=\"\\\"; charset=utf-16",
                "content-type: application/json charset=utf-16",
                "content-type: application/json;\tcharset=utf-16",
                "content-type: application/vnd.api+json; charset=utf-16",
            })
    void takesNoOtherType(String header) throws IOException {
        var request =
                RawHttp.request(
                                "POST",
                                PATH,
                                "",
                                withKey(
                                        laboratory.callerKey(),
                                        header,
                                        "content-length: " + CHAT.length()))
                        + CHAT;

        var response = send(request);

        assertThat(response.status()).isEqualTo(415);
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "Application/JSON",
                "application/json;",
                "application/json; charset=utf-8",
                "application/json;charset=UTF-8",
                "application/json; charset=\"utf-8\"",
                "application/json; charset=utf8",
                "application/json; odata.metadata=minimal; charset=utf-8",
                "application/vnd.api+json; version=1",
            })
    void takesJsonInUtf8(String type) throws IOException {
        var request =
                RawHttp.request(
                                "POST",
                                PATH,
                                "",
                                withKey(
                                        laboratory.callerKey(),
                                        "content-type: " + type,
                                        "content-length: " + CHAT.length()))
                        + CHAT;

        assertThat(send(request).status()).isEqualTo(200);
        assertThat(laboratory.upstream().requests().getFirst().header("content-type"))
                .contains(type);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32", "UTF-32BE", "UTF-32LE"})
    void refusesWideCharactersThatNobodyDeclared(String charset) throws IOException {
        var body = CHAT.getBytes(Charset.forName(charset));
        try (var connection = connect()) {
            connection.send(head(body.length)).send(body);

            assertThat(connection.read(SOON).status()).isEqualTo(400);
        }
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "accept: ///",
                "accept: text/html",
                "accept: ;q=x",
                "accept-language: ;;;",
                "accept-charset: x",
                "accept-encoding: *;q=9",
                "cookie: ;;=;",
                "range: x",
                "if-none-match: *",
                "expect: something",
                "origin: null",
                "authorization-x: y",
                "x-forwarded-for: ';--",
            })
    void mindsNoHeaderThatMeansNothingHere(String header) throws IOException {
        assertThat(send(post(PATH, CHAT, header)).status()).isEqualTo(200);
    }

    private String head(int length, String... headers) {
        var lines = new String[headers.length + 2];
        System.arraycopy(headers, 0, lines, 2, headers.length);
        lines[0] = "content-type: application/json";
        lines[1] = "content-length: " + length;
        return request("POST", PATH, "", lines);
    }
}
