package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BodyBytesTest {

    private static final int MEBIBYTE = 1024 * 1024;

    @Test
    void holdsHardlyMoreThanHasComeInOneBytePieces() {
        var body = new BodyBytes(Long.MAX_VALUE);
        var held = 0;
        for (var length = 1; length <= MEBIBYTE; length++) {
            held += append(body, 1);

            assertThat(held).isLessThanOrEqualTo(Math.max(512, 2 * length));
            assertThat(held).isLessThan(length + BodyBytes.BLOCK);
        }
        assertThat(held).isEqualTo(MEBIBYTE);
    }

    @Test
    void takesNothingForWhatWasOnlyAnnounced() {
        var body = new BodyBytes(32 * MEBIBYTE);

        assertThat(append(body, 1)).isEqualTo(512);
        assertThat(append(body, BodyBytes.BLOCK)).isEqualTo(2 * BodyBytes.BLOCK - 512);
    }

    @Test
    void takesExactlyWhatWasAnnouncedWhereThatHasCome() {
        assertThat(append(new BodyBytes(300), 300)).isEqualTo(300);
        assertThat(append(new BodyBytes(100_000), 100_000)).isEqualTo(100_000);
        assertThat(append(new BodyBytes(10), 300)).isEqualTo(300);
    }

    @Test
    void countsWhatAPieceWillTakeBeforeItIsTaken() {
        var random = new Random(5);
        for (var round = 0; round < 200; round++) {
            var body = new BodyBytes(round % 2 == 0 ? random.nextInt(300_000) : Long.MAX_VALUE);
            var text = new StringBuilder();
            for (var piece = 0; piece < 20; piece++) {
                var next = Character.toString('a' + piece).repeat(random.nextInt(40_000));
                text.append(next);
                assertThat(body.growth(next.length())).isNotNegative();

                body.append(Buffer.buffer(next));

                assertThat(body.growth(0)).isZero();
            }

            assertThat(body.length()).isEqualTo(text.length());
            assertThat(body.text(0, body.length())).isEqualTo(text.toString());
            var joined = Buffer.buffer();
            body.buffers().forEach(joined::appendBuffer);
            assertThat(joined.toString(UTF_8)).isEqualTo(text.toString());
        }
    }

    private static int append(BodyBytes body, int length) {
        var growth = body.growth(length);
        body.append(Buffer.buffer(new byte[length]));
        return growth;
    }
}
