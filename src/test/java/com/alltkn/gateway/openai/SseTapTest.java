package com.alltkn.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SseTapTest {
    private static final String CHUNK =
            "data: {\"id\":\"c1\",\"model\":\"模型-1\",\"choices\":[{\"delta\":{\"content\":\"你好\"}}],"
                    + "\"usage\":null}\n\n";
    private static final String USAGE =
            "data: {\"id\":\"c1\",\"choices\":[],"
                    + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";
    private static final String COMPLETED =
            "{\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"model\":\"m\","
                    + "\"usage\":{\"input_tokens\":5,\"output_tokens\":6}}}";

    /// All that a tap says.
    private record Heard(
            boolean terminal,
            boolean error,
            Optional<Usage> usage,
            @Nullable String model,
            boolean boundary,
            Buffer closing) {

        static Heard of(SseTap tap) {
            return new Heard(
                    tap.terminal(),
                    tap.errorSeen(),
                    tap.usage(),
                    tap.model(),
                    tap.atEventBoundary(),
                    tap.closing());
        }
    }

    private static Heard whole(StreamEnd end, Buffer stream) {
        var tap = new SseTap(end, false);
        tap.accept(stream);
        return Heard.of(tap);
    }

    private static Heard heard(StreamEnd end, String stream) {
        return whole(end, Buffer.buffer(stream));
    }

    private static Heard inSteps(StreamEnd end, Buffer stream, int step) {
        var tap = new SseTap(end, false);
        for (var from = 0; from < stream.length(); from += step) {
            tap.accept(stream.slice(from, Math.min(stream.length(), from + step)));
        }
        return Heard.of(tap);
    }

    private static void assertSameForEverySplit(StreamEnd end, Buffer stream) {
        var expected = whole(end, stream);
        for (var step = 1; step < 20; step++) {
            assertThat(inSteps(end, stream, step)).isEqualTo(expected);
        }
        for (var cut = 0; cut <= stream.length(); cut++) {
            var tap = new SseTap(end, false);
            tap.accept(stream.slice(0, cut));
            tap.accept(stream.slice(cut, stream.length()));
            assertThat(Heard.of(tap)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void hearsAWholeChatStreamInAnyLineEndingAndAnySplit(String ending) {
        var stream =
                Buffer.buffer(
                        "\uFEFF"
                                + (": hello\n\n"
                                                + CHUNK
                                                + "id: 1\nretry: 5\n"
                                                + CHUNK
                                                + USAGE
                                                + DONE)
                                        .replace("\n", ending));

        assertThat(whole(StreamEnd.DONE, stream))
                .isEqualTo(
                        new Heard(
                                true,
                                false,
                                Optional.of(new Usage(3, 4)),
                                "模型-1",
                                true,
                                Buffer.buffer()));
        assertSameForEverySplit(StreamEnd.DONE, stream);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: [DONE]\n",
                "data:[DONE]\n",
                "data: [DONE]\r",
                "data: [DONE]\r\n",
                "\uFEFFdata: [DONE]\n\n",
                "\uFEFFdata:[DONE]\n",
                ": x\rdata:[DONE]\r\r",
                "event: done\ndata: [DONE]\n\n",
                "data: [DONE] \n\n",
            })
    void takesDoneForTheEnd(String stream) {
        assertThat(heard(StreamEnd.DONE, stream).terminal()).isTrue();
        assertSameForEverySplit(StreamEnd.DONE, Buffer.buffer(stream));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "data: [DONE]",
                "data: [DONE\n\n",
                "data:  [DONE]\n\n",
                ": data: [DONE]\n\n",
                "Data: [DONE]\n\n",
                " data: [DONE]\n\n",
                "datax: [DONE]\n\n",
                "id: [DONE]\n\n",
                "x\uFEFFdata: [DONE]\n\n",
                "\n\uFEFFdata: [DONE]\n\n",
                "data: {\"a\":\"[DONE]\"}\n\n",
                "data: x\ndata: [DONE]\n\n",
            })
    void takesNothingElseForTheEnd(String stream) {
        assertThat(heard(StreamEnd.DONE, stream).terminal()).isFalse();
        assertSameForEverySplit(StreamEnd.DONE, Buffer.buffer(stream));
    }

    @ParameterizedTest
    @CsvSource({
        "response.completed, true, false",
        "response.incomplete, true, false",
        "response.failed, true, true",
        "error, false, true",
        "response.created, false, false",
        "response.output_text.done, false, false",
    })
    void knowsTheEndOfAResponseByTheEventLineOrByTheType(String type, boolean end, boolean error) {
        var byLine = heard(StreamEnd.RESPONSE, "event: " + type + "\ndata: {}\n");
        var byLineBehind = heard(StreamEnd.RESPONSE, "data: {}\nevent:" + type + "\n\n");
        var byType = heard(StreamEnd.RESPONSE, "data: {\"type\" : \"" + type + "\"}\n");

        assertThat(byLine.terminal()).isEqualTo(end);
        assertThat(byLineBehind.terminal()).isEqualTo(end);
        assertThat(byType.terminal()).isEqualTo(end);
        assertThat(byLine.error()).isEqualTo(error);
        assertThat(byLineBehind.error()).isEqualTo(error);
        assertThat(byType.error()).isEqualTo(error);
        assertThat(heard(StreamEnd.RESPONSE, "event: " + type + "\n\n").terminal()).isFalse();
        assertThat(heard(StreamEnd.RESPONSE, "event: " + type + "\n\ndata: {}\n\n").terminal())
                .isFalse();
        assertThat(heard(StreamEnd.NONE, "event: " + type + "\ndata: {}\n\n").terminal()).isFalse();
    }

    @Test
    void readsTheUsageOfAResponse() {
        var stream = Buffer.buffer("event: response.completed\ndata: " + COMPLETED + "\n\n");

        assertThat(whole(StreamEnd.RESPONSE, stream))
                .isEqualTo(
                        new Heard(
                                true,
                                false,
                                Optional.of(new Usage(5, 6)),
                                "m",
                                true,
                                Buffer.buffer()));
        assertSameForEverySplit(StreamEnd.RESPONSE, stream);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "data: {\"error\":{\"message\":\"m\"}}|true",
                "data: {\"error\":\"m\"}|true",
                "data: {\"\\u0065rror\":{}}|true",
                "event: error|true",
                "data: {\"type\":\"error\",\"message\":\"m\"}|true",
                "data: {\"error\":null}|false",
                "data: {\"choices\":[{\"error\":{}}]}|false",
                "data: {\"text\":\"\\\"error\\\":{}\"}|false",
                "data: {\"error\":{}|false",
                ": {\"error\":{}}|false",
            })
    void hearsErrors(String line, boolean error) {
        assertThat(heard(StreamEnd.DONE, line + "\n\n").error()).isEqualTo(error);
    }

    @Test
    void joinsDataThatStandsOnSeveralLines() {
        var stream =
                Buffer.buffer(
                        ("data: {\"choices\":[],\ndata\n: c\ndata:\"usage\":{\"prompt_tokens\":1,\n"
                                        + "data: \"completion_tokens\":2},\"model\":\"m\"}\n\n")
                                .replace("\n", "\r\n"));

        assertThat(whole(StreamEnd.DONE, stream).usage()).contains(new Usage(1, 2));
        assertThat(whole(StreamEnd.DONE, stream).model()).isEqualTo("m");
        assertSameForEverySplit(StreamEnd.DONE, stream);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|``",
                "data: x\\n\\n|``",
                "data: x\\r\\n\\r\\n|``",
                "data: x\\r\\n\\r|``",
                "data: x\\r\\r|``",
                "data: x|\\n\\n",
                "data: x\\n|\\n",
                "data: x\\r|\\n\\n",
                "data: x\\n\\nd|\\n\\n",
                "a\\r\\n\\r\\ndata: x|\\r\\n\\r\\n",
                "a\\r\\n\\r\\ndata: x\\r|\\n\\r\\n",
                "a\\r\\n\\r\\ndata: x\\r\\n|\\r\\n",
                "a\\r\\rdata: x|\\r\\r",
                "a\\r\\rdata: x\\r|\\r",
                ": comment|\\n\\n",
                ": comment\\n|\\n",
                ": comment\\n\\n|``",
            })
    void saysHowToCloseWhatIsOpen(String sent, String closing) {
        var stream = Buffer.buffer(unescaped(sent));

        var heard = whole(StreamEnd.DONE, stream);

        assertThat(heard.closing().toString()).isEqualTo(unescaped(closing));
        assertThat(heard.boundary()).isEqualTo(closing.isEmpty());
        assertThat(whole(StreamEnd.DONE, stream.copy().appendBuffer(heard.closing())).boundary())
                .isTrue();
        assertSameForEverySplit(StreamEnd.DONE, stream);
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 16 * 1024, 100_001, 1 << 22})
    void recognisesALastEventTooLongToHold(int step) {
        var text = "word \\\"usage\\\":{ 你 ".repeat(60_000);
        var stream =
                Buffer.buffer(
                        "data: {\"type\":\"response.completed\",\"response\":{\"output\":\""
                                + text
                                + "\",\"usage\":{\"input_tokens\":5,\"output_tokens\":6},\"z\":[]}}\r\n\r\n");

        assertThat(inSteps(StreamEnd.RESPONSE, stream, step))
                .isEqualTo(
                        new Heard(
                                true,
                                false,
                                Optional.of(new Usage(5, 6)),
                                null,
                                true,
                                Buffer.buffer()));
    }

    @Test
    void saysTheSameOfLinesAroundTheLongestHeldWhateverTheSplit() {
        for (var length = SseSplitter.MAX_LINE - 40;
                length < SseSplitter.MAX_LINE + 40;
                length += 7) {
            var stream =
                    Buffer.buffer(
                            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1},\"error\":{},\"a\":\""
                                    + "x".repeat(length - 62)
                                    + "\"}\n"
                                    + "data: x\n\n"
                                    + USAGE.replace('3', '7'));
            var expected = whole(StreamEnd.DONE, stream);

            assertThat(expected.error()).isTrue();
            assertThat(expected.usage()).contains(new Usage(7, 4));
            for (var step : new int[] {777, 4096, 65_536}) {
                assertThat(inSteps(StreamEnd.DONE, stream, step)).isEqualTo(expected);
            }
        }
    }

    @Test
    void goesOnAfterAnEndlessLine() {
        var stream = Buffer.buffer(": " + "x".repeat(2_000_000) + "\n\n" + CHUNK + USAGE + DONE);

        assertThat(inSteps(StreamEnd.DONE, stream, 50_000).terminal()).isTrue();
        assertThat(inSteps(StreamEnd.DONE, stream, 50_000).usage()).contains(new Usage(3, 4));
    }

    /// What is allocated in all bounds what is held, and what is copied: 50 such streams stay below
    /// 64 MiB even if nothing of it were garbage.
    @ParameterizedTest
    @ValueSource(
            strings = {
                ": nothing but comments, line by line\n",
                "event: message\n",
                "id: 1\nretry: 1\n",
                "a line that never ends ",
                "data: {\"more\":1}\n",
                "data:\n",
                "\r",
            })
    void readsAnEventWithoutAnEndInBoundedMemory(String endless) {
        var piece = Buffer.buffer(endless.repeat(1 + 1024 / endless.length()));
        for (var begin : new String[] {"", "data: {\"x\":1}\n", "data: ", "event: ", ": "}) {
            var tap = new SseTap(StreamEnd.DONE, false);
            tap.accept(Buffer.buffer(CHUNK + begin));
            var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            var before = threads.getCurrentThreadAllocatedBytes();

            for (var sent = 0; sent < 2 * 1024 * 1024; sent += piece.length()) {
                tap.accept(piece);
            }

            assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                    .isLessThan(64L * 1024 * 1024 / 50);
            assertThat(tap.terminal()).isFalse();
            tap.accept(Buffer.buffer("\n\n" + USAGE + DONE));
            assertThat(tap.terminal()).isTrue();
            assertThat(tap.usage()).contains(new Usage(3, 4));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: {\"x\":\"", "data: {}\ndata: ", ": ", "event: "})
    void takesLittleForALineThatStandsOpen(String begin) {
        var line = Buffer.buffer(begin + "x".repeat(250_000));
        var taps = new SseTap[100];
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var before = threads.getCurrentThreadAllocatedBytes();

        for (var i = 0; i < taps.length; i++) {
            taps[i] = new SseTap(StreamEnd.DONE, false);
            taps[i].accept(line);
        }

        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .isLessThan(taps.length * 160L * 1024);
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: {\"x\":\"", "data: {}\ndata: ", "data: {}\n: ", ": ", "event: "})
    void goesOnWithLittleOnceItHasLetGo(String begin) {
        for (var length : new int[] {10, 3_000, 10_000, 18_000, 60_000}) {
            var tap = new SseTap(StreamEnd.DONE, false);
            tap.accept(Buffer.buffer(CHUNK + begin + "x".repeat(length)));

            tap.letGo();

            assertThat(tap.held()).isLessThanOrEqualTo(3 * 1024);
            assertThat(tap.closing().toString()).isEqualTo("\n\n");
            tap.accept(Buffer.buffer("\n\n" + USAGE + DONE));
            assertThat(tap.terminal()).isTrue();
            assertThat(tap.usage()).contains(new Usage(3, 4));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4_000, 15_000, 40_000})
    void recognisesTheLastEventThatItLetGoOf(int length) {
        for (var cut = 30; cut < length; cut += 997) {
            var stream =
                    Buffer.buffer(
                            "data: {\"type\":\"response.completed\",\"response\":{\"output\":\""
                                    + "x".repeat(length)
                                    + "\",\"usage\":{\"input_tokens\":5,\"output_tokens\":6}}}\n\n");
            var tap = new SseTap(StreamEnd.RESPONSE, false);
            tap.accept(stream.slice(0, cut));
            tap.letGo();
            tap.accept(stream.slice(cut, stream.length()));

            assertThat(tap.terminal()).isTrue();
            assertThat(tap.usage()).contains(new Usage(5, 6));
        }
    }

    @Test
    void losesNoEndByLettingGoWhereverItIsCut() {
        var stream = Buffer.buffer(": hi\n\n" + CHUNK + USAGE + DONE);
        for (var cut = 0; cut <= stream.length(); cut++) {
            var tap = new SseTap(StreamEnd.DONE, false);
            tap.accept(stream.slice(0, cut));
            tap.letGo();
            tap.accept(stream.slice(cut, stream.length()));

            assertThat(Heard.of(tap)).isEqualTo(whole(StreamEnd.DONE, stream));
        }
    }

    @Test
    void joinsDataOnlyWithinItsBoundWhateverTheSplit() {
        for (var between : new int[] {SseSplitter.MAX_LINE - 60, SseSplitter.MAX_LINE + 10}) {
            var stream =
                    Buffer.buffer("data: {\"error\":\n:" + "c".repeat(between) + "\ndata: {}}\n\n");

            for (var step : new int[] {1, 7, 1024, 16 * 1024, stream.length()}) {
                assertThat(inSteps(StreamEnd.DONE, stream, step).error())
                        .isEqualTo(between < SseSplitter.MAX_LINE);
            }
        }
    }

    @Test
    void takesOnlyAShortNameForAModel() {
        var name = "m".repeat(257);

        assertThat(heard(StreamEnd.DONE, "data: {\"model\":\"" + name + "\"}\n\n").model())
                .isNull();
        assertThat(heard(StreamEnd.DONE, "data: {\"model\":7}\n\n" + CHUNK).model())
                .isEqualTo("模型-1");
    }

    @ParameterizedTest
    @EnumSource
    void neverThrowsAndSaysTheSameForAnySplitOfAnyBytes(StreamEnd end) {
        var random = new Random(11);
        var pieces =
                new String[] {
                    "data",
                    ":",
                    " ",
                    "\n",
                    "\r",
                    "\r\n",
                    "\n\n",
                    "\uFEFF",
                    "event: error",
                    "event:",
                    "response.completed",
                    "[DONE]",
                    COMPLETED,
                    CHUNK,
                    USAGE,
                    DONE,
                    "{",
                    "}",
                    "\"",
                    ": ",
                    "{\"error\":{}}",
                    "data: ",
                    "data:{\"usage\":{\"prompt_tokens\":1}}",
                    "id: 1"
                };
        for (var round = 0; round < 20_000; round++) {
            var stream = Buffer.buffer();
            for (var i = random.nextInt(16); i > 0; i--) {
                if (random.nextInt(4) == 0) {
                    stream.appendByte((byte) random.nextInt(256));
                } else {
                    stream.appendString(pieces[random.nextInt(pieces.length)]);
                }
            }
            var expected = whole(end, stream);
            var tap = new SseTap(end, false);

            for (var from = 0; from < stream.length(); ) {
                var to = Math.min(stream.length(), from + 1 + random.nextInt(12));
                tap.accept(stream.slice(from, to));
                from = to;
            }

            assertThat(Heard.of(tap)).as(stream.toString()).isEqualTo(expected);
            tap.accept(expected.closing());
            assertThat(tap.atEventBoundary()).isTrue();
        }
    }

    private static String unescaped(String text) {
        return text.replace("\\n", "\n").replace("\\r", "\r");
    }
}
