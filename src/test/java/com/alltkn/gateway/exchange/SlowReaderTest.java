package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// Callers who do not read hold upstream back; nothing piles up between the two.
@QuarkusTest
class SlowReaderTest extends ExchangeTest {

    private static final long MEBIBYTE = 1024 * 1024;

    /// What the buffers of four sockets on loopback hold at most, with plenty of room.
    private static final long SOCKETS = 80 * MEBIBYTE;

    private static final String EVENT = Script.event("{\"a\":\"" + "x".repeat(10_000) + "\"}");

    @Test
    void holdsAnEndlessStreamBackAndGoesOnWhenItsReaderDoes() throws IOException {
        laboratory.upstream().answer(Script.endless(EVENT));
        var before = laboratory.upstream().sentBytes();
        try (var connection = connect().send(post("/v1/chat/completions", STREAMED_CHAT))) {
            awaitStandstill();
            var held = laboratory.upstream().sentBytes() - before;

            connection.skip(2 * held, SOON);

            assertThat(held).isBetween(1L, SOCKETS);
            assertThat(laboratory.upstream().sentBytes() - before).isGreaterThan(2 * held);
        }
        assertThat(summary(records.single())).isEqualTo("200 caller_gone caller_gone");
    }

    @Test
    void neverTakesASlowReaderForAStalledUpstream() throws IOException {
        laboratory.upstream().answer(Script.endless(EVENT));
        var connection = connect().send(post("/v1/chat/completions", STREAMED_CHAT));
        awaitStandstill();

        // Longer than the idle clock, which is one second.
        Awaitility.await()
                .during(Duration.ofMillis(1500))
                .atMost(SOON)
                .until(() -> metric("gateway_exchanges_in_flight") == 1);

        connection.close();
        assertThat(summary(records.single())).isEqualTo("200 caller_gone caller_gone");
    }

    @Test
    void keepsMemoryBoundedWithManyEndlessAnswers() throws IOException {
        laboratory.upstream().answer(Script.endless(EVENT));
        var before = usedHeap();
        var connections = new ArrayList<RawHttp>();
        try {
            for (int i = 0; i < 20; i++) {
                connections.add(connect().send(post("/v1/chat/completions", STREAMED_CHAT)));
            }
            awaitStandstill();

            assertThat(usedHeap() - before).isLessThan(64 * MEBIBYTE);
        } finally {
            for (var connection : connections) {
                connection.close();
            }
        }
        records.await(20);
    }

    @Test
    void keepsMemoryBoundedForALineThatNeverEnds() throws IOException {
        laboratory.upstream().answer(Script.endless("x".repeat(10_000)));
        var before = usedHeap();
        try (var connection = connect().send(post("/v1/chat/completions", PLAIN_STREAMED_CHAT))) {
            connection.skip(64 * MEBIBYTE, SOON);

            assertThat(usedHeap() - before).isLessThan(32 * MEBIBYTE);
        }
        records.single();
    }

    @Test
    void deliversALongStreamWholeToASlowReader() throws IOException {
        var events = EVENT.repeat(1_500) + DONE;
        laboratory.upstream().answer(Script.sse(events));
        try (var connection = connect().send(post("/v1/chat/completions", STREAMED_CHAT))) {
            awaitStandstill();

            var response = connection.read(SOON);

            assertThat(response.bodyText().equals(events)).isTrue();
            assertThat(response.complete()).isTrue();
        }
        assertThat(summary(records.single())).isEqualTo("200 answered");
    }

    private void awaitStandstill() {
        Awaitility.await().pollInterval(Duration.ofMillis(150)).atMost(SOON).until(standsStill());
    }

    private Callable<Boolean> standsStill() {
        long[] last = {laboratory.upstream().sentBytes()};
        long start = last[0];
        return () -> {
            long now = laboratory.upstream().sentBytes();
            boolean still = now == last[0] && now > start;
            last[0] = now;
            return still;
        };
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
