package com.alltkn.gateway.secret;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SecretMaskTest {

    @ParameterizedTest
    @CsvSource({
        "abcab, abcab, *****",
        "abcab, xabcaby, x*****y",
        "abcab, abcabcab, *****cab",
        "abcab, abcababcab, **********",
        "aab, aaaab, aa***",
        "a, banana, b*n*n*",
        "abcab, abca, abca",
        "abcab, xyz, xyz"
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

    /// Of two letters, so that secrets and near misses are frequent.
    @Test
    void agreesWithASearchFromLeftToRight() {
        var random = new Random(42);
        for (int run = 0; run < 20_000; run++) {
            var secret = letters(random, 1 + random.nextInt(5));
            var text = letters(random, random.nextInt(40));
            var pieces = new SecretMask(Secret.of(secret)).pieces();
            var out = Buffer.buffer();
            for (int from = 0; from < text.length(); ) {
                var to = Math.min(text.length(), from + 1 + random.nextInt(6));
                out.appendBuffer(pieces.accept(Buffer.buffer(text.substring(from, to))));
                from = to;
            }
            out.appendBuffer(pieces.end());

            assertThat(out)
                    .as("%s in %s, run %d", secret, text, run)
                    .hasToString(text.replace(secret, "*".repeat(secret.length())));
        }
    }

    @Test
    void holdsNothingBackThatCannotBeItsBeginning() {
        var pieces = new SecretMask(Secret.of("test-key")).pieces();

        assertThat(pieces.accept(Buffer.buffer("data: tes\n\n"))).hasToString("data: tes\n\n");
        assertThat(pieces.accept(Buffer.buffer("data: test-k"))).hasToString("data: ");
        assertThat(pieces.accept(Buffer.buffer("nob"))).hasToString("test-knob");
    }

    private static String letters(Random random, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(random.nextBoolean() ? 'a' : 'b');
        }
        return text.toString();
    }
}
