package com.alltkn.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageChunkFilterTest {
    private static final String CHUNK =
            "data: {\"choices\":[{\"delta\":{\"content\":\"你好\"}}],\"usage\":null}\n\n";
    private static final String USAGE =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    private static String inSteps(Buffer stream, int step) {
        var filter = new FilteredStream();
        var out = Buffer.buffer();
        for (var from = 0; from < stream.length(); from += step) {
            out.appendBuffer(
                    filter.accept(stream.slice(from, Math.min(stream.length(), from + step))));
        }
        return out.appendBuffer(filter.end()).toString();
    }

    private static void assertFilteredForEverySplit(String stream, String filtered) {
        var bytes = Buffer.buffer(stream);
        for (var step = 1; step < 30; step++) {
            assertThat(inSteps(bytes, step)).isEqualTo(filtered);
        }
        for (var cut = 0; cut <= bytes.length(); cut++) {
            var filter = new FilteredStream();
            var out = Buffer.buffer();
            out.appendBuffer(filter.accept(bytes.slice(0, cut)));
            out.appendBuffer(filter.accept(bytes.slice(cut, bytes.length())));
            assertThat(out.appendBuffer(filter.end()).toString()).isEqualTo(filtered);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void takesOutExactlyTheUsageChunk(String ending) {
        var stream = ("\uFEFF: hi\n\n" + CHUNK + CHUNK + USAGE + DONE).replace("\n", ending);
        var filtered = ("\uFEFF: hi\n\n" + CHUNK + CHUNK + DONE).replace("\n", ending);

        assertFilteredForEverySplit(stream, filtered);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // Written otherwise.
                "data:{ \"usage\" : {} , \"choices\" : [ ] }//a|a",
                "id: 7/data: {\"choices\":[],\"usage\":{}}/event: x//a//|a//",
                "data: {\"choices\":[],/data: \"usage\":{}}//a|a",
                // At the start, twice, at the end.
                "\uFEFFdata: {\"choices\":[],\"usage\":{}}//a//|\uFEFFa//",
                "data: {\"choices\":[],\"usage\":{}}//data: {\"choices\":[],\"usage\":{}}//|``",
                "a///data: {\"choices\":[],\"usage\":{}}//|a///",
                // With comments in it, which stay.
                ": one/: two/data: {\"choices\":[],\"usage\":{}}/: three//a//|: one/: two/: three/a//",
                "data: {\"choices\":[],\"usage\":{}}/: three//a//|: three/a//",
            })
    void takesItOutHoweverItIsWritten(String stream, String filtered) {
        assertFilteredForEverySplit(stream.replace("/", "\n"), filtered.replace("/", "\n"));
        assertFilteredForEverySplit(stream.replace("/", "\r\n"), filtered.replace("/", "\r\n"));
        assertFilteredForEverySplit(stream.replace("/", "\r"), filtered.replace("/", "\r"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "data: {\"choices\":[],\"usage\":null}\n\n",
                "data: {\"choices\":[]}\n\n",
                "data: {\"choices\":[{}],\"usage\":{}}\n\n",
                "data: {\"usage\":{}}\n\n",
                "data: {\"x\":{\"choices\":[]},\"usage\":{}}\n\n",
                "data: {\"choices\":[],\"usage\":{},\"error\":{}}\n\n",
                "data: {\"choices\":[],\"usage\":{}} x\n\n",
                "data: {\"choices\":[],\"usage\":{}}",
                "data: {\"choices\":[],\"usage\":{}}\n",
                ": data: {\"choices\":[],\"usage\":{}}\n\n",
                "\n\n\r\r\n\n: x",
                "no field at all\n\n\uFEFF\n\n",
            })
    void passesEverythingElse(String stream) {
        assertFilteredForEverySplit(stream, stream);
    }

    @Test
    void returnsTheSameInstanceWhenNothingIsWithheld() {
        var filter = new FilteredStream();
        var chunk = Buffer.buffer(": hi\n\n" + CHUNK + CHUNK);

        assertThat(filter.accept(chunk)).isSameAs(chunk);
        assertThat(filter.accept(Buffer.buffer()).length()).isZero();
        assertThat(filter.accept(chunk)).isSameAs(chunk);
    }

    @Test
    void letsCommentsGoAtOnce() {
        var filter = new FilteredStream();

        assertThat(filter.accept(Buffer.buffer(": kee")).toString()).isEqualTo(": kee");
        assertThat(filter.accept(Buffer.buffer("p-alive\n")).toString()).isEqualTo("p-alive\n");
        assertThat(filter.accept(Buffer.buffer("\n: x\ndata: 1")).toString()).isEqualTo("\n: x\n");
        assertThat(filter.accept(Buffer.buffer("\n\n: y")).toString()).isEqualTo("data: 1\n\n: y");
    }

    @Test
    void withholdsALongEventOnlyUpToItsBound() {
        var filter = new FilteredStream();
        var start = "data: {\"choices\":[],\"usage\":{},\"x\":\"";

        assertThat(filter.accept(Buffer.buffer(start)).length()).isZero();
        assertThat(filter.accept(Buffer.buffer("x".repeat(6_000))).length()).isZero();
        assertThat(filter.accept(Buffer.buffer("x".repeat(6_000))).length())
                .isEqualTo(start.length() + 12_000);
        assertThat(filter.accept(Buffer.buffer("y\n")).toString()).isEqualTo("y\n");
        assertThat(filter.accept(Buffer.buffer("data: z\n\n" + USAGE + DONE)).toString())
                .isEqualTo("data: z\n\n" + DONE);
    }

    @Test
    void passesALongEventOnceItHasLetGo() {
        var start = "data: {\"choices\":[],\"usage\":{},\"x\":\"" + "x".repeat(2_000);
        var filter = new FilteredStream();
        assertThat(filter.accept(Buffer.buffer(start)).length()).isZero();

        assertThat(filter.letGo().toString()).isEqualTo(start);

        assertThat(filter.held()).isZero();
        assertThat(filter.accept(Buffer.buffer("\"}\n\n" + USAGE + DONE)).toString())
                .isEqualTo("\"}\n\n" + DONE);
    }

    @Test
    void takesAUsageChunkOutThoughItHasLetGoWhereverItIsCut() {
        var stream = Buffer.buffer("\uFEFF: hi\n\n" + CHUNK + USAGE + DONE);
        for (var cut = 0; cut <= stream.length(); cut++) {
            var filter = new FilteredStream();
            var out = Buffer.buffer();
            out.appendBuffer(filter.accept(stream.slice(0, cut)));
            out.appendBuffer(filter.letGo());
            assertThat(filter.held()).isLessThanOrEqualTo(UsageChunkFilter.LITTLE);
            out.appendBuffer(filter.accept(stream.slice(cut, stream.length())));

            assertThat(out.appendBuffer(filter.end()).toString())
                    .isEqualTo("\uFEFF: hi\n\n" + CHUNK + DONE);
        }
    }

    @Test
    void keepsNoMoreOfAChunkThanIsWithheld() {
        var chunk = Buffer.buffer(CHUNK.repeat(1 + 60_000 / CHUNK.length()) + "d");
        var filters = new FilteredStream[500];
        var before = usedHeap();

        for (var i = 0; i < filters.length; i++) {
            filters[i] = new FilteredStream();
            filters[i].accept(chunk);
        }

        assertThat(usedHeap() - before).isLessThan(8L * 1024 * 1024);
        for (var filter : filters) {
            assertThat(filter.end().toString()).isEqualTo("d");
        }
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void decidesByTheLengthOfAnEventWhateverTheSplit() {
        for (var length = UsageChunkFilter.MAX_HELD - 50;
                length < UsageChunkFilter.MAX_HELD + 10;
                length++) {
            var stream =
                    Buffer.buffer(
                            "data: {\"choices\":[],\"usage\":{},\"x\":\""
                                    + "x".repeat(length)
                                    + "\"}\r\n\r\n"
                                    + DONE);

            assertThat(inSteps(stream, 1000)).isEqualTo(inSteps(stream, stream.length()));
            assertThat(inSteps(stream, 999)).isEqualTo(inSteps(stream, stream.length()));
        }
    }

    @Test
    void saysTheSameForAnySplitOfAnyBytes() {
        var random = new Random(13);
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
                    ": c",
                    CHUNK,
                    DONE,
                    "x",
                    "\r\n\r\n",
                    "data: ",
                    "{\"choices\":[],",
                    "\"usage\":{}}",
                    USAGE
                };
        for (var round = 0; round < 30_000; round++) {
            var stream = Buffer.buffer();
            for (var i = random.nextInt(16); i > 0; i--) {
                if (random.nextInt(9) == 0) {
                    stream.appendByte((byte) random.nextInt(256));
                } else {
                    stream.appendString(pieces[random.nextInt(pieces.length)]);
                }
            }
            var expected = inSteps(stream, Math.max(1, stream.length()));
            var filter = new FilteredStream();
            var out = Buffer.buffer();

            for (var from = 0; from < stream.length(); ) {
                var to = Math.min(stream.length(), from + 1 + random.nextInt(12));
                out.appendBuffer(filter.accept(stream.slice(from, to)));
                from = to;
            }
            out.appendBuffer(filter.end());

            assertThat(out.toString()).as(stream.toString()).isEqualTo(expected);
            if (!stream.toString().contains("choices\":[]")) {
                assertThat(out).isEqualTo(stream);
            }
        }
    }
}
