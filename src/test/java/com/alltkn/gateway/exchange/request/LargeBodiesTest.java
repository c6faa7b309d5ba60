package com.alltkn.gateway.exchange.request;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.openai.BodyBytes;
import com.alltkn.gateway.openai.BodyReading;
import com.alltkn.gateway.openai.JsonRequest;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LargeBodiesTest {

    private static final int BLOCKS = 40;

    /// Whoever waits for its turn gets one before the other has another.
    @Test
    void takesTurnsAfterEachBlock() {
        var bodies = new LargeBodies(1);
        var first = new CompletableFuture<BodyReading>();
        var second = new CompletableFuture<BodyReading>();
        var turnsOfSecond = new AtomicInteger();
        var seenByFirst = new ArrayList<Integer>();
        bodies.read(
                body(),
                () -> {
                    if (seenByFirst.isEmpty()) {
                        bodies.read(
                                body(),
                                () -> turnsOfSecond.incrementAndGet() > 0,
                                second::complete);
                    }
                    while (bodies.waiting() == 0 && !second.isDone()) {
                        Thread.yield();
                    }
                    return seenByFirst.add(turnsOfSecond.get());
                },
                first::complete);

        assertThat(first.join()).isInstanceOf(JsonRequest.class);
        assertThat(second.join()).isInstanceOf(JsonRequest.class);

        assertThat(seenByFirst).hasSize(BLOCKS - 1);
        assertThat(seenByFirst.getLast()).isGreaterThan(BLOCKS / 2);
        assertThat(turnsOfSecond).hasValue(BLOCKS - 1);
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

    private static BodyBytes body() {
        var body = new BodyBytes(Long.MAX_VALUE);
        var text = "{\"a\":\"" + "x".repeat(BLOCKS * BodyBytes.BLOCK - 8) + "\"}";
        body.append(Buffer.buffer(text.getBytes(US_ASCII)));
        return body;
    }
}
