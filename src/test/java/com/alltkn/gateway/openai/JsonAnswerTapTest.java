package com.alltkn.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonAnswerTapTest {
    private static final String USAGE = "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}";
    private static final String LONG = "text \\\"usage\\\": {} 你好 ".repeat(3000);

    private static Optional<Usage> usage(String answer, int step) {
        var tap = new JsonAnswerTap(false);
        var bytes = Buffer.buffer(answer);
        for (var from = 0; from < bytes.length(); from += step) {
            tap.accept(bytes.slice(from, Math.min(bytes.length(), from + step)));
        }
        return tap.usage();
    }

    @Test
    void readsUsageHoweverTheAnswerIsSplit() {
        var answer = "{\"id\":\"x\",\"choices\":[{\"text\":\"hi\"}]," + USAGE + "}\n";

        for (var step = 1; step <= answer.length(); step++) {
            assertThat(usage(answer, step)).contains(new Usage(3, 4));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000, 16 * 1024, 64 * 1024, 1 << 20})
    void readsUsageAtTheEndOfALongAnswer(int step) {
        assertThat(usage("{\"a\":\"" + LONG + "\"," + USAGE + "}", step)).contains(new Usage(3, 4));
        assertThat(usage("{\"a\":\"" + LONG + "\"," + USAGE + ",\"z\":{\"usage\":1}} \n", step))
                .contains(new Usage(3, 4));
        assertThat(
                        usage(
                                "{\"a\":\""
                                        + LONG
                                        + "\", \"usage\" : {\"input_tokens\":1},\"z\":[{}]}",
                                step))
                .contains(new Usage(1, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Inside a string.
                "{\"a\":\"%s\",\"b\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":9}\"}",
                // Of something inside.
                "{\"a\":\"%s\",\"b\":{\"usage\":{\"prompt_tokens\":9}}}",
                "{\"a\":\"%s\",\"b\":[{\"usage\":{\"prompt_tokens\":9}}]}",
                // The end of another name.
                "{\"a\":\"%s\",\"x\\\"usage\":{\"prompt_tokens\":9}}",
                // A value, not a name.
                "{\"a\":\"%s\",\"b\":\"usage\",\"prompt_tokens\":9}",
                // Null, or of a wrong shape.
                "{\"a\":\"%s\",\"usage\":null}",
                "{\"a\":\"%s\",\"usage\":\"prompt_tokens\"}",
                "{\"a\":\"%s\",\"usage\":{\"prompt_tokens\":-9}}",
                // Cut.
                "{\"a\":\"%s\",\"usage\":{\"prompt_tokens\":9}",
                "{\"a\":\"%s\",\"usage\":{\"prompt_tokens\":9",
                "{\"a\":\"%s\",\"usage\":{\"prompt_tokens\":9},\"b\":\"x",
                "[\"%s\"",
            })
    void findsNoUsageWhereThereIsNone(String answer) {
        assertThat(usage(answer.formatted("short"), 5)).isEmpty();
        assertThat(usage(answer.formatted(LONG), 999)).isEmpty();
    }

    @Test
    void findsAUsageAtTheVeryEndThoughItHasLetGo() {
        var answer = Buffer.buffer("{\"a\":\"" + "x".repeat(50_000) + "\"," + USAGE + "}\n");
        for (var cut = 1; cut < answer.length(); cut += 501) {
            var tap = new JsonAnswerTap(false);
            tap.accept(answer.slice(0, cut));
            tap.letGo();
            assertThat(tap.held()).isLessThanOrEqualTo(1024);
            tap.accept(answer.slice(cut, answer.length()));

            assertThat(tap.held()).isLessThanOrEqualTo(2 * 1024);
            assertThat(tap.usage()).contains(new Usage(3, 4));
        }
    }

    @Test
    void agreesWithAFullReadingWhereverTheWindowStarts() {
        var answer =
                "{\"a\":\"q\\\\\\\"usage\\\":{} \\\\\",\"b\":{\"usage\":{\"prompt_tokens\":1}},"
                        + "\"usage\":{\"prompt_tokens\":5,\"details\":{\"usage\":{\"prompt_tokens\":8}}},"
                        + "\"c\":[{\"usage\":{\"prompt_tokens\":2}},\"}]{[\"]}";
        var bytes = Buffer.buffer(answer).getBytes();
        var name = answer.indexOf("\"usage\":{\"prompt_tokens\":5");

        for (var from = 0; from < bytes.length; from++) {
            var found = TailUsage.find(bytes, from, bytes.length, 1);

            assertThat(found)
                    .isEqualTo(from < name ? Optional.of(new Usage(5, 0)) : Optional.empty());
        }
    }

    @Test
    void keepsLittleOfALongAnswer() {
        var window = new TailWindow(1000);
        var random = new Random(5);
        var all = Buffer.buffer();
        for (var i = 0; i < 5000; i++) {
            var chunk = new byte[random.nextInt(i % 100 == 0 ? 5000 : 20)];
            random.nextBytes(chunk);
            all.appendBytes(chunk);

            window.append(Buffer.buffer(chunk));

            assertThat(window.bytes().length).isLessThanOrEqualTo(2000);
            var kept = Math.min(1000, all.length());
            assertThat(Buffer.buffer(window.bytes()).getBytes(window.from(), window.to()))
                    .isEqualTo(all.getBytes(all.length() - kept, all.length()));
            assertThat(window.isTruncated()).isEqualTo(all.length() > 1000);
        }
    }
}
