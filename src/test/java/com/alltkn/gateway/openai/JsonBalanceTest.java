package com.alltkn.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBalanceTest {

    private static boolean whole(Buffer... chunks) {
        var balance = new JsonBalance();
        for (var chunk : chunks) {
            balance.accept(chunk);
        }
        return balance.whole();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":[1,{\"b\":\"}]\\\"\\\\\"}],\"é\":\"😀\"}",
                " \r\n[[],{}]",
                "\"text \\\" more\"",
                "{}",
            })
    void tellsEveryCutFromTheWhole(String text) {
        var bytes = Buffer.buffer(text);
        for (var cut = 0; cut < bytes.length(); cut++) {
            var start = bytes.slice(0, cut);
            var rest = bytes.slice(cut, bytes.length());

            assertThat(whole(start)).isFalse();
            assertThat(whole(start, rest)).isTrue();
            assertThat(whole(start, rest, Buffer.buffer(" \n"))).isTrue();
            assertThat(whole(start, rest, Buffer.buffer("x"))).isFalse();
            assertThat(whole(start, rest, bytes)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "12", "true", "}", "]{}", "<html></html>", "data: {}", "{}}"})
    void takesAnythingElseForCut(String text) {
        assertThat(whole(Buffer.buffer(text))).isFalse();
    }

    @Test
    void knowsTheEndOfABareWordByTheSpaceBehindIt() {
        assertThat(whole(Buffer.buffer("-12.5e+3\n"))).isTrue();
        assertThat(whole(Buffer.buffer("null "))).isTrue();
        assertThat(whole(Buffer.buffer("null null"))).isFalse();
    }

    @Test
    void readsAChunkOfAnySize() {
        var text = "{\"a\":\"" + "x".repeat(100_000) + "\"}";

        assertThat(whole(Buffer.buffer(text))).isTrue();
        assertThat(whole(Buffer.buffer(text.substring(0, 90_000)))).isFalse();
    }
}
