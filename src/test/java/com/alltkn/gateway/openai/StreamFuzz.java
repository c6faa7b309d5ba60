package com.alltkn.gateway.openai;

import static com.fasterxml.jackson.core.JsonToken.START_ARRAY;
import static com.fasterxml.jackson.core.JsonToken.START_OBJECT;
import static com.fasterxml.jackson.core.JsonToken.VALUE_NULL;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.fuzz.Splits;
import com.alltkn.gateway.openai.StrictJson.Member;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Of a stream the usage chunk is taken out and nothing else, what is heard of it is the same
/// however it is split, and an event put behind what closes it is heard as one.
public final class StreamFuzz {

    private static final Pattern LINE = Pattern.compile("([^\r\n]*)(\r\n|\r|\n)");
    private static final Buffer ERROR = Buffer.buffer("data: {\"error\":{}}\n\n");

    /// Beyond what is withheld, and beyond the longest line that is held.
    private static final int[] LONG = {70 * 1024, 300 * 1024};

    private StreamFuzz() {}

    /// Fails if something does not hold for these bytes.
    public static void check(byte[] stream) {
        assertThat(text(filtered(List.of(Buffer.buffer(stream)))))
                .isEqualTo(withoutUsage(new String(stream, ISO_8859_1)));
        checkSplits(stream);
        for (var end : StreamEnd.values()) {
            checkClosing(end, stream);
        }
        var hash = Arrays.hashCode(stream);
        if (hash % 64 == 0) {
            checkSplits(stretched(stream, LONG[(hash >>> 6) % LONG.length], hash >>> 8));
        }
    }

    private static void checkSplits(byte[] stream) {
        var whole = List.of(Buffer.buffer(stream));
        var filtered = filtered(whole);
        for (var split : Splits.of(stream)) {
            assertThat(filtered(split)).isEqualTo(filtered);
            for (var end : StreamEnd.values()) {
                assertThat(Heard.of(end, split)).isEqualTo(Heard.of(end, whole));
            }
        }
    }

    private static void checkClosing(StreamEnd end, byte[] stream) {
        var tap = new SseTap(end, false);
        tap.accept(Buffer.buffer(stream));
        tap.accept(tap.closing());

        assertThat(tap.atEventBoundary()).isTrue();
        assertThat(tap.closing().length()).isZero();
        tap.accept(ERROR);
        assertThat(tap.errorSeen()).isTrue();
    }

    private static byte[] stretched(byte[] stream, int by, int seed) {
        var at = seed % (stream.length + 1);
        var result = Arrays.copyOf(stream, stream.length + by);
        System.arraycopy(stream, at, result, at + by, stream.length - at);
        Arrays.fill(result, at, at + by, (byte) 'x');
        return result;
    }

    private static Buffer filtered(List<Buffer> parts) {
        var filter = new FilteredStream();
        var out = Buffer.buffer();
        parts.forEach(part -> out.appendBuffer(filter.accept(part)));
        return out.appendBuffer(filter.end());
    }

    private static String text(Buffer buffer) {
        return buffer.toString(ISO_8859_1);
    }

    /// The same, line by line over the whole text; a character is a byte.
    private static String withoutUsage(String stream) {
        var out = new StringBuilder();
        var event = new StringBuilder();
        var comments = new StringBuilder();
        var data = new StringBuilder();
        var at = 0;
        if (stream.startsWith("\u00EF\u00BB\u00BF")) {
            out.append(stream, 0, 3);
            at = 3;
        }
        var lines = LINE.matcher(stream).region(at, stream.length());
        while (lines.lookingAt()) {
            var line = lines.group(1);
            if (line.isEmpty()) {
                event.append(lines.group());
                out.append(isUsage(data.toString()) ? comments : event);
                event.setLength(0);
                comments.setLength(0);
                data.setLength(0);
            } else if (line.startsWith(":")) {
                (event.isEmpty() ? out : event).append(lines.group());
                comments.append(event.isEmpty() ? "" : lines.group());
            } else {
                event.append(lines.group());
                if (line.equals("data") || line.startsWith("data:")) {
                    data.append(line.replaceFirst("^data:? ?", "")).append('\n');
                }
            }
            lines.region(lines.end(), stream.length());
        }
        return out.append(event).append(stream, lines.regionStart(), stream.length()).toString();
    }

    private static boolean isUsage(String data) {
        var bytes = data.getBytes(ISO_8859_1);
        var members = StrictJson.object(bytes).orElse(List.of());
        var json = new String(bytes, UTF_8);
        return last(members, "choices", START_ARRAY)
                        .filter(m -> json.substring(m.from() + 1, m.to() - 1).isBlank())
                        .isPresent()
                && last(members, "usage", START_OBJECT).isPresent()
                && members.stream()
                        .noneMatch(m -> m.name().equals("error") && m.kind() != VALUE_NULL);
    }

    private static Optional<Member> last(List<Member> members, String name, JsonToken kind) {
        return members.stream()
                .filter(m -> m.name().equals(name) && m.kind() == kind)
                .collect(Collectors.reducing((_, second) -> second));
    }

    /// All that a tap says.
    private record Heard(
            boolean terminal,
            boolean error,
            Optional<Usage> usage,
            @Nullable String model,
            boolean boundary,
            Buffer closing) {

        static Heard of(StreamEnd end, List<Buffer> parts) {
            var tap = new SseTap(end, false);
            parts.forEach(tap::accept);
            return new Heard(
                    tap.terminal(),
                    tap.errorSeen(),
                    tap.usage(),
                    tap.model(),
                    tap.atEventBoundary(),
                    tap.closing());
        }
    }
}
