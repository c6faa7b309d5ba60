package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.openai.JsonScanner.Failure;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonScannerTest {
    private static final JsonFactory JACKSON = new JsonFactory();
    private static final String[] SEEDS = {
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello, \\u4f60\\n\"}]}",
        " {\t\"a\" : -0.5e+10 , \"b\":[ ],\r\n\"c\":{ },\"d\":[1,2.0,3E-7,true,false,null]} ",
        "{\"text\":\"你好，世界 😀 é\",\"long\":\"0123456789012345678901234567890\\\"\\\\\\/\"}",
        "{\"nested\":{\"deep\":[[[{\"x\":[{}]}]]]},\"\":\"\"}",
        "{}",
    };

    /// An independent reading of the same text: the values of the outermost members as Jackson,
    /// given characters decoded by the JDK's strict decoder, sees them.
    private static Optional<List<String>> oracle(byte[] text) {
        String decoded;
        try {
            decoded = UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
        var members = new ArrayList<String>();
        try (var parser = JACKSON.createParser(decoded)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                parser.nextToken();
                var from = (int) parser.currentTokenLocation().getCharOffset();
                parser.skipChildren();
                parser.finishToken();
                var to = (int) parser.currentLocation().getCharOffset();
                members.add(name + "=" + decoded.substring(from, to));
            }
            return parser.nextToken() == null ? Optional.of(members) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<List<String>> scan(byte[] text) {
        var scanner = new JsonScanner(text, 0, text.length);
        var members = new ArrayList<String>();
        if (!scanner.enterObject()) {
            return Optional.empty();
        }
        while (scanner.nextMember()) {
            var name = scanner.key();
            scanner.peek();
            var from = scanner.position();
            if (!scanner.skipValue()) {
                return Optional.empty();
            }
            members.add(name + "=" + new String(text, from, scanner.position() - from, UTF_8));
        }
        return scanner.failure() == null && scanner.atEnd()
                ? Optional.of(members)
                : Optional.empty();
    }

    @Test
    void agreesWithAnIndependentParserOnAnyMutationOfAValidText() {
        var random = new Random(20261124);
        var interesting = "{}[]\":,\\ \t\n\u0000\u001f/019.eE+-tfnu\"'".getBytes(UTF_8);
        var accepted = 0;
        for (var round = 0; round < 200_000; round++) {
            var text = SEEDS[random.nextInt(SEEDS.length)].getBytes(UTF_8);
            for (var edits = random.nextInt(3); edits > 0 && text.length > 0; edits--) {
                var at = random.nextInt(text.length);
                switch (random.nextInt(4)) {
                    case 0 -> text[at] = (byte) random.nextInt(256);
                    case 1 -> text[at] = interesting[random.nextInt(interesting.length)];
                    case 2 -> text = Arrays.copyOf(text, at);
                    default -> {
                        var longer = Arrays.copyOf(text, text.length + 1);
                        System.arraycopy(text, at, longer, at + 1, text.length - at);
                        longer[at] = interesting[random.nextInt(interesting.length)];
                        text = longer;
                    }
                }
            }

            var expected = oracle(text);

            accepted += expected.isPresent() ? 1 : 0;
            assertThat(scan(text)).as(new String(text, UTF_8)).isEqualTo(expected);
        }
        assertThat(accepted).isBetween(60_000, 190_000);
    }

    @Test
    void findsQuotesControlsAndLongCharactersAtEveryOffsetOfAWord() {
        for (var padding = 0; padding < 40; padding++) {
            var plain = "x".repeat(padding);
            assertThat(failure("\"" + plain + "\"")).isNull();
            assertThat(failure("\"" + plain + "\\\"" + plain + "\"")).isNull();
            assertThat(failure("\"" + plain + "é你😀" + plain + "\"")).isNull();
            assertThat(failure("\"" + plain + "\u001f\"")).isEqualTo(Failure.SYNTAX);
            assertThat(failure("\"" + plain + "\\x\"")).isEqualTo(Failure.SYNTAX);
            assertThat(failure("\"" + plain)).isEqualTo(Failure.TRUNCATED);
            assertThat(failure("\"" + plain + "\\")).isEqualTo(Failure.TRUNCATED);
        }
    }

    @Test
    void acceptsExactlyTheUtf8ThatTheJdkDecodesStrictly() {
        var random = new Random(7);
        for (var round = 0; round < 300_000; round++) {
            var content = new byte[1 + random.nextInt(4)];
            for (var i = 0; i < content.length; i++) {
                content[i] = (byte) (0x80 + random.nextInt(128));
            }
            var valid = true;
            try {
                UTF_8.newDecoder().decode(ByteBuffer.wrap(content));
            } catch (CharacterCodingException e) {
                valid = false;
            }

            var end = Utf8.sequencesEnd(content, 0, content.length);

            assertThat(end).isEqualTo(valid ? content.length : -1);
        }
    }

    @Test
    void boundsDepthNumbersAndNames() {
        assertThat(failure("[".repeat(128) + "]".repeat(128))).isNull();
        assertThat(failure("[".repeat(129) + "]".repeat(129))).isEqualTo(Failure.DEPTH);
        assertThat(failure("{\"a\":".repeat(129))).isEqualTo(Failure.DEPTH);
        assertThat(failure("[{}" + ",{}".repeat(500) + "]")).isNull();
        assertThat(failure("[[]" + ",[]".repeat(500) + "]")).isNull();
        assertThat(failure("1".repeat(1000))).isNull();
        assertThat(failure("1".repeat(1001))).isEqualTo(Failure.NUMBER);
        assertThat(failure("{\"" + "n".repeat(4096) + "\":1}")).isNull();
        assertThat(failure("{\"" + "n".repeat(4097) + "\":1}")).isEqualTo(Failure.NAME);
    }

    private static @Nullable Failure failure(String text) {
        var bytes = text.getBytes(UTF_8);
        var scanner = new JsonScanner(bytes, 0, bytes.length);
        scanner.skipValue();
        return scanner.failure();
    }
}
