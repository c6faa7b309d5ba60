package com.alltkn.gateway.secret;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretMaskTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEY = "sk-Live/4c81+d6f0_a2b97e35==";

    @ParameterizedTest
    @CsvSource({
        "abcab, abcab, *****",
        "abcab, xabcaby, x*****y",
        "abcab, abcabcab, *****cab",
        "abcab, abcababcab, **********",
        "aab, aaaab, aa***",
        "a, banana, b*n*n*",
        "abcab, abca, abca",
        "abcab, xyz, xyz",
        "a-/b, a\\u002d\\/\\u0062, ***************",
        "a-/b, a-%2F\\u0062, ***********",
        "a-/b, x\\u0061\\u002D/by, x**************y",
        "a-/b, a%2d%2fb, ********",
        "a-/b, a%252d%252fb, ************",
        "a-/b, a\\\\u002d\\\\\\\\u002fb, ******************",
        "a-/b, a\\u002e/b, a\\u002e/b",
        "a-/b, a\\u102d/b, a\\u102d/b",
        "a-/b, a\\u002, a\\u002",
        "nb-c, \\nb-c\\nb-c, \\n***\\n***",
    })
    void hidesTheSecretWhereverTheBytesAreSplit(String secret, String text, String masked) {
        var mask = new SecretMask(Secret.of(secret));
        for (int i = 0; i <= text.length(); i++) {
            for (int j = i; j <= text.length(); j++) {
                var pieces = mask.pieces();
                var out =
                        Buffer.buffer()
                                .appendBuffer(pieces.accept(Buffer.buffer(text.substring(0, i))))
                                .appendBuffer(pieces.accept(Buffer.buffer(text.substring(i, j))))
                                .appendBuffer(pieces.accept(Buffer.buffer(text.substring(j))))
                                .appendBuffer(pieces.end());

                assertThat(out).hasToString(masked);
            }
        }
    }

    /// Only who knows the key could make it hold back more.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\",
                "%",
                "%25",
                "\\u00",
                "\\\\u0073",
                "s",
                "sk-",
                "sk-x",
                "73 ",
                "73:",
                "7",
                "c2s",
                "s\0"
            })
    void holdsBackNextToNothingOfATextWithoutTheKey(String text) {
        var pieces = new SecretMask(Secret.of(KEY)).pieces();
        var heldBack = 0;
        for (int i = 0; i < 2_000; i++) {
            heldBack += text.length() - pieces.accept(Buffer.buffer(text)).length();
            assertThat(heldBack).isBetween(0, 32);
        }
    }

    /// Of two letters, so that secrets and near misses are frequent.
    @Test
    void agreesWithASearchFromLeftToRight() {
        var random = new Random(42);
        for (int run = 0; run < 10_000; run++) {
            var secret = letters(random, 1 + random.nextInt(5));
            var text = letters(random, random.nextInt(40));

            assertThat(masked(secret, text.getBytes(UTF_8), random))
                    .as("%s in %s, run %d", secret, text, run)
                    .hasToString(text.replace(secret, "*".repeat(secret.length())));
        }
    }

    @Test
    void hidesEverySpellingThatJsonAllowsAndLeavesTheRest() throws JsonProcessingException {
        var random = new Random(7);
        for (int run = 0; run < 2_000; run++) {
            var key = visible(random, 8 + random.nextInt(60), "\"\\%");
            var before = letters(random, random.nextInt(60));
            var behind = letters(random, random.nextInt(60));
            var text = "{\"x\":\"%s%s %s\"}".formatted(before, spelled(random, key), behind);
            assertThat(JSON.readTree(text).path("x").asText())
                    .isEqualTo(before + key + " " + behind);

            var out = masked(key, text.getBytes(UTF_8), random);

            assertThat(out.length()).isEqualTo(text.length());
            assertThat(JSON.readTree(out.toString()).path("x").asText())
                    .as("%s in %s, run %d", key, text, run)
                    .matches("\\Q%s\\E\\*+ %s".formatted(before, behind));
        }
    }

    /// With quotes, backslashes and percent signs in it, which are more than one thing; within two
    /// strings of JSON, what a backslash is cannot be told.
    @Test
    void hidesAKeyOfAnyVisibleCharacters() throws JsonProcessingException {
        var random = new Random(8);
        for (int run = 0; run < 2_000; run++) {
            var key = visible(random, 8 + random.nextInt(30), "");
            var texts =
                    Map.of(
                            "plain",
                            key,
                            "JSON",
                            JSON.writeValueAsString(key),
                            "JSON in JSON",
                            JSON.writeValueAsString(
                                    JSON.writeValueAsString(key.replace('\\', '/'))));

            texts.forEach((form, text) -> {
                var hidden = form.equals("JSON in JSON") ? key.replace('\\', '/') : key;
                var out = masked(hidden, ("a " + text + " b").getBytes(UTF_8), random).toString();

                assertThat(out).as("%s as %s: %s", key, form, text).contains("*".repeat(7));
                assertThat(out).doesNotContain(text);
            });
        }
    }

    @Test
    void hidesAUrlInAnyMixtureOfPlainAndEncoded() {
        var random = new Random(9);
        for (int run = 0; run < 2_000; run++) {
            var key = visible(random, 8 + random.nextInt(40), "\\%+");
            var url = new StringBuilder("https://h/x?key=");
            for (var c : key.toCharArray()) {
                url.append(
                        switch (random.nextInt(3)) {
                            case 0 -> Character.toString(c);
                            case 1 -> String.format(Locale.ROOT, "%%%02x", (int) c);
                            default -> String.format(Locale.ROOT, "%%%02X", (int) c);
                        });
            }

            var out = masked(key, url.append("&y=1").toString().getBytes(UTF_8), random);

            assertThat(URLDecoder.decode(out.toString(), UTF_8))
                    .as("%s in %s, run %d", key, url, run)
                    .matches("https://h/x\\?key=\\*+&y=1");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 20})
    void hidesItInBase64WhateverStandsBeforeAndBehind(int before) {
        var random = new Random(before);
        for (var encoder : new Base64.Encoder[] {Base64.getEncoder(), Base64.getUrlEncoder()}) {
            for (int behind = 0; behind < 5; behind++) {
                var plain =
                        ("~?".repeat(20)).substring(0, before) + KEY + "~?~?~".substring(behind);
                var text = encoder.encodeToString(plain.getBytes(UTF_8));

                var out = masked(KEY, text.getBytes(UTF_8), random);

                assertThat(out.length()).isEqualTo(text.length());
                // At each end a character may hold bits of what stands beside the key.
                assertThat(out.toString())
                        .contains("*".repeat(KEY.length() * 8 / 6 - 1))
                        .startsWith(text.substring(0, before * 8 / 6));
            }
        }
    }

    /// Writers of JSON differ in what they escape.
    @Test
    void hidesItInBase64ThatWasWrittenIntoJsonOrAUrl() {
        var random = new Random(5);
        for (int run = 0; run < 2_000; run++) {
            var key = visible(random, 8 + random.nextInt(40), "");
            var base64 = Base64.getEncoder().encodeToString(("user:" + key).getBytes(UTF_8));
            var texts =
                    List.of(
                            base64.replace("/", "\\/"),
                            base64.replace("+", "\\u002B"),
                            URLEncoder.encode(base64, UTF_8));

            for (var text : texts) {
                assertThat(masked(key, text.getBytes(UTF_8), random).toString())
                        .as("%s in %s", key, text)
                        .contains("*".repeat(key.length() * 8 / 6 - 1));
            }
        }
    }

    @Test
    void hidesItInHexAndInWideCharacters() {
        var bytes = KEY.getBytes(UTF_8);
        var random = new Random(3);
        for (int run = 0; run < 100; run++) {
            for (var text :
                    new byte[][] {
                        HexFormat.of().formatHex(bytes).getBytes(UTF_8),
                        HexFormat.of().withUpperCase().formatHex(bytes).getBytes(UTF_8),
                        HexFormat.ofDelimiter(" ").formatHex(bytes).getBytes(UTF_8),
                        HexFormat.ofDelimiter(":").withUpperCase().formatHex(bytes).getBytes(UTF_8),
                        KEY.getBytes(UTF_16BE),
                        KEY.getBytes(UTF_16LE)
                    }) {
                var out = masked(KEY, text, random).toString().replace("\0", "");

                assertThat(out).matches("\\*+");
            }
        }
    }

    @Test
    void hidesItInHeadersWhateverTheCaseOfTheirNames() {
        var values = new SecretMask(Secret.of(KEY));
        var names = SecretMask.inAnyCase(Secret.of("sk-Live-4c81d6f0"));

        assertThat(values.finds("Bearer " + KEY)).isTrue();
        assertThat(values.finds("https://h/?k=" + URLEncoder.encode(KEY, UTF_8))).isTrue();
        assertThat(values.finds("Bearer " + KEY.substring(1))).isFalse();
        assertThat(values.finds("")).isFalse();
        assertThat(names.finds("x-ratelimit-sk-live-4c81d6f0")).isTrue();
        assertThat(names.finds("X-RateLimit-SK-LIVE-4C81d6f0")).isTrue();
        assertThat(names.finds("x-ratelimit-sk-live-4c81d6f1")).isFalse();
        assertThat(values.hide("not " + KEY + "!"))
                .isEqualTo("not " + "*".repeat(KEY.length()) + "!");
    }

    @Test
    void holdsNothingBackThatCannotBeItsBeginning() {
        var pieces = new SecretMask(Secret.of("test-key")).pieces();

        assertThat(pieces.accept(Buffer.buffer("data: tes\n\n"))).hasToString("data: tes\n\n");
        assertThat(pieces.accept(Buffer.buffer("data: test-k"))).hasToString("data: ");
        assertThat(pieces.accept(Buffer.buffer("nob"))).hasToString("test-knob");
    }

    /// Whatever is made up to look like a beginning.
    @ParameterizedTest
    @ValueSource(strings = {"\\", "%", "%25", "t", "test-ke", "\\u0074", "7", "64"})
    void holdsNoMoreBackThanOneFormOfIt(String piece) {
        var pieces = new SecretMask(Secret.of("test-key")).pieces();
        var in = 0L;
        var out = 0L;
        for (int i = 0; i < 10_000; i++) {
            in += piece.length();
            out += pieces.accept(Buffer.buffer(piece)).length();

            assertThat(in - out).isLessThanOrEqualTo(8 * 22);
        }
        assertThat(out + pieces.end().length()).isEqualTo(in);
    }

    /// What is written over the secret, split anywhere.
    private static Buffer masked(String secret, byte[] text, Random random) {
        var pieces = new SecretMask(Secret.of(secret)).pieces();
        var out = Buffer.buffer();
        var most = 1 + random.nextInt(40);
        for (int from = 0; from < text.length; ) {
            var to = Math.min(text.length, from + 1 + random.nextInt(most));
            out.appendBuffer(pieces.accept(Buffer.buffer().appendBytes(text, from, to - from)));
            from = to;
        }
        return out.appendBuffer(pieces.end());
    }

    private static String spelled(Random random, String key) {
        var text = new StringBuilder();
        for (var c : key.toCharArray()) {
            text.append(
                    switch (random.nextInt(4)) {
                        case 0 -> String.format(Locale.ROOT, "\\u%04x", (int) c);
                        case 1 -> String.format(Locale.ROOT, "\\u%04X", (int) c);
                        default -> c == '/' ? "\\/" : Character.toString(c);
                    });
        }
        return text.toString();
    }

    private static String visible(Random random, int length, String but) {
        var text = new StringBuilder();
        while (text.length() < length) {
            var c = (char) ('!' + random.nextInt('~' - '!' + 1));
            if (but.indexOf(c) < 0) {
                text.append(c);
            }
        }
        return text.toString();
    }

    private static String letters(Random random, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(random.nextBoolean() ? 'a' : 'b');
        }
        return text.toString();
    }
}
