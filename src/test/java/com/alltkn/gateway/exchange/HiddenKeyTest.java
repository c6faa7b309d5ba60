package com.alltkn.gateway.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.SecretScan;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Answers of an upstream that repeats the gateway's key, in every form and place.
@QuarkusTest
class HiddenKeyTest extends ExchangeTest {

    private static final Pattern ESCAPED =
            Pattern.compile("\\\\+u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})");

    @ParameterizedTest
    @EnumSource
    void hidesItInJsonOfTheSameLength(Form form) throws IOException {
        var body = "{\"a\":\"Bearer " + form.of(laboratory.upstreamKey()) + "\",\"b\":1}";
        laboratory.upstream().answer(Script.json(200, body));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.header("content-length")).contains("" + body.length());
        assertThat(response.complete()).isTrue();
        assertThat(response.body()).hasSize(body.length());
        assertThat(JSON.readTree(response.bodyText()).path("b").asInt()).isEqualTo(1);
        assertHidden(response);
    }

    @ParameterizedTest
    @EnumSource
    void hidesItInAStreamSplitAnywhere(Form form) throws IOException {
        var text = HELLO + ": " + form.of(laboratory.upstreamKey()) + "\n\n" + DONE;
        var random = new Random(form.ordinal());
        for (int run = 0; run < 10; run++) {
            laboratory.upstream().answer(Script.sse(pieces(text, random)));

            var response = send(post("/v1/chat/completions", STREAMED_CHAT));

            assertThat(response.bodyText()).startsWith(HELLO + ": ").contains("\n\n" + DONE);
            assertHidden(response);
        }
    }

    @ParameterizedTest
    @EnumSource
    void hidesItInBytesThatNobodyReads(Form form) throws IOException {
        var text = "ID3\u0001" + form.of(laboratory.upstreamKey()) + "\u0000\u0002";
        laboratory
                .upstream()
                .answer(
                        Script.head(200, "content-type: audio/mpeg", "connection: close")
                                .send(text.substring(0, 20))
                                .send(text.substring(20))
                                .close());

        var response = send(post("/v1/audio/speech", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).hasSize(text.length());
        assertHidden(response);
    }

    @ParameterizedTest
    @EnumSource
    void hidesItInErrors(Form form) throws IOException {
        for (int status : new int[] {400, 403, 404, 422, 429}) {
            var error =
                    "{\"error\":{\"message\":\"no %s\",\"type\":\"%s\",\"code\":\"%s\",\"param\":\"%s\"}}"
                            .replace("%s", form.of(laboratory.upstreamKey()));
            laboratory.upstream().answer(Script.json(status, error));

            assertHidden(send(post("/v1/chat/completions", CHAT)));
        }
    }

    /// In values, in names whatever their case, in the reason and in trailers.
    @ParameterizedTest
    @EnumSource
    void hidesItInHeads(Form form) throws IOException {
        var key = form.of(laboratory.upstreamKey());
        var head =
                "HTTP/1.1 200 "
                        + key
                        + "\r\ncontent-type: application/json; x="
                        + key
                        + "\r\nx-request-id: a "
                        + key
                        + "\r\nopenai-version: "
                        + key
                        + "\r\nx-ratelimit-limit-requests: "
                        + key
                        + "\r\nlocation: https://h/?k="
                        + key;
        if (form.isToken()) {
            head +=
                    "\r\nx-ratelimit-"
                            + key
                            + ": 1\r\nX-RateLimit-"
                            + key.toUpperCase(Locale.ROOT)
                            + ": 1";
        }
        laboratory
                .upstream()
                .answer(
                        Script.nothing()
                                .send(head + "\r\ntransfer-encoding: chunked\r\n\r\n")
                                .send(
                                        "2;x="
                                                + key
                                                + "\r\n{}\r\n0\r\nx-trailer: "
                                                + key
                                                + "\r\n\r\n"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isIn(200, 502);
        assertHidden(response);
        assertThat(scan().in("record", records.single().toString())).isEmpty();
    }

    @Test
    void hidesEverySpellingOfEveryCharacter() throws IOException {
        var random = new Random(11);
        for (int run = 0; run < 60; run++) {
            var text =
                    "data: {\"x\":\""
                            + spelled(laboratory.upstreamKey(), random)
                            + "\"}\n\n"
                            + DONE;
            laboratory.upstream().answer(Script.sse(pieces(text, random)));

            var response = send(post("/v1/chat/completions", STREAMED_CHAT));

            assertThat(response.bodyText()).startsWith("data: {\"x\":\"**").contains(DONE);
            assertHidden(response);
        }
    }

    private void assertHidden(RawResponse response) {
        var all = new StringBuilder(response.statusLine());
        response.headers()
                .forEach(h -> all.append('\n').append(h.name()).append(':').append(h.value()));
        all.append('\n').append(new String(response.rawBody(), ISO_8859_1));
        all.append('\n').append(response.bodyText());
        // As long as there is anything to undo.
        for (int i = 0; i < 4; i++) {
            assertThat(scan().in("answer", all.toString())).isEmpty();
            assertThat(all.toString().toLowerCase(Locale.ROOT))
                    .doesNotContain(laboratory.upstreamKey());
            var read =
                    ESCAPED.matcher(all)
                            .replaceAll(found ->
                                    java.util.regex.Matcher.quoteReplacement(
                                            Character.toString(
                                                    Integer.parseInt(
                                                            found.group(1) != null
                                                                    ? found.group(1)
                                                                    : found.group(2),
                                                            16))))
                            .replace("\\/", "/");
            all.setLength(0);
            all.append(read);
        }
    }

    private SecretScan scan() {
        return new SecretScan().add("the key", laboratory.upstreamKey());
    }

    private static String[] pieces(String text, Random random) {
        var pieces = new ArrayList<String>();
        for (int from = 0; from < text.length(); ) {
            var to = Math.min(text.length(), from + 1 + random.nextInt(30));
            pieces.add(text.substring(from, to));
            from = to;
        }
        return pieces.toArray(String[]::new);
    }

    private static String spelled(String key, Random random) {
        var text = new StringBuilder();
        for (var c : key.toCharArray()) {
            text.append(
                    switch (random.nextInt(5)) {
                        case 0 -> String.format(Locale.ROOT, "\\u%04x", (int) c);
                        case 1 -> String.format(Locale.ROOT, "\\u%04X", (int) c);
                        case 2 -> String.format(Locale.ROOT, "%%%02x", (int) c);
                        default -> Character.toString(c);
                    });
        }
        return text.toString();
    }

    private static String each(String key, String format) {
        var text = new StringBuilder();
        key.chars().forEach(c -> text.append(String.format(Locale.ROOT, format, c)));
        return text.toString();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private static String hex(String key) {
        return HexFormat.of().formatHex(key.getBytes(UTF_8));
    }

    /// How it can be written in JSON.
    enum Form {
        PLAIN(key -> key),
        ESCAPED_DASHES(key -> key.replace("-", "\\u002d")),
        ESCAPED_DASHES_IN_CAPITALS(key -> key.replace("-", "\\u002D")),
        ESCAPED(key -> each(key, "\\u%04x")),
        ESCAPED_TWICE(key -> each(key, "\\\\u%04X")),
        ESCAPED_AT_ITS_BEGINNING(key -> "\\u0074" + key.substring(1)),
        URL(key -> key.replace("-", "%2D")),
        URL_WHOLE(key -> each(key, "%%%02x")),
        URL_TWICE(key -> each(key, "%%25%02X")),
        BASE64(key -> base64(key)),
        BASE64_OF_A_CREDENTIAL(key -> base64("x:" + key)),
        BASE64_AT_ONE(key -> base64("x" + key + "yz")),
        HEX(key -> hex(key)),
        HEX_IN_CAPITALS(key -> hex(key).toUpperCase(Locale.ROOT));

        private final UnaryOperator<String> writing;

        Form(UnaryOperator<String> writing) {
            this.writing = writing;
        }

        String of(String key) {
            return writing.apply(key);
        }

        /// Whether it may be a header's name.
        boolean isToken() {
            return List.of(PLAIN, URL, URL_WHOLE, URL_TWICE, HEX, HEX_IN_CAPITALS).contains(this);
        }
    }
}
