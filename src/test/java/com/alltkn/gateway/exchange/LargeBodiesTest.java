package com.alltkn.gateway.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.openai.BodyBytes;
import com.alltkn.gateway.openai.BodyReading;
import com.alltkn.gateway.openai.JsonRequest;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LargeBodiesTest {

    private static final int BLOCKS = 40;

    @Test
    void takesTurnsAfterEachBlock() {
        var bodies = new LargeBodies(1);
        var turns = Collections.synchronizedList(new ArrayList<String>());
        var bothWait = new CompletableFuture<Boolean>();
        bodies.read(body(), () -> !bothWait.join(), _ -> {});
        var first = read(bodies, "a", turns);
        var second = read(bodies, "b", turns);
        await().until(() -> bodies.waiting() == 2);

        bothWait.complete(true);

        assertThat(first.join()).isInstanceOf(JsonRequest.class);
        assertThat(second.join()).isInstanceOf(JsonRequest.class);
        assertThat(turns).hasSize(2 * (BLOCKS - 1));
        // One that is about to wait again can miss turns; without them there is one handover.
        var handedOver =
                IntStream.range(1, turns.size())
                        .filter(i -> !turns.get(i).equals(turns.get(i - 1)))
                        .count();
        assertThat(handedOver).isGreaterThan(BLOCKS / 8);
    }

    @Test
    void readsNoFurtherOnceNobodyWaits() {
        var asked = new ArrayList<Integer>();
        var done = new CompletableFuture<BodyReading>();

        new LargeBodies(1)
                .read(
                        body(),
                        () -> {
                            asked.add(0);
                            return asked.size() < 3;
                        },
                        done::complete);

        assertThat(done.join()).isInstanceOf(BodyReading.Unreadable.class);
        assertThat(asked).hasSize(3);
    }

    @Test
    void leavesSmallBodiesToTheEventLoop() {
        assertThat(LargeBodies.isLarge(BodyBytes.of(new byte[BodyBytes.BLOCK]))).isFalse();
        assertThat(LargeBodies.isLarge(BodyBytes.of(new byte[BodyBytes.BLOCK + 1]))).isTrue();
    }

    private static CompletableFuture<BodyReading> read(
            LargeBodies bodies, String name, List<String> turns) {
        var done = new CompletableFuture<BodyReading>();
        bodies.read(
                body(),
                () -> {
                    turns.add(name);
                    return true;
                },
                done::complete);
        return done;
    }

    private static BodyBytes body() {
        var body = new BodyBytes(Long.MAX_VALUE);
        var text = "{\"a\":\"" + "x".repeat(BLOCKS * BodyBytes.BLOCK - 8) + "\"}";
        body.append(Buffer.buffer(text.getBytes(US_ASCII)));
        return body;
    }
}
