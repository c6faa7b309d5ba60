package com.alltkn.gateway.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StrangerPaceTest {

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final AtomicLong now = new AtomicLong();
    private final StrangerPace pace = new StrangerPace(channel.eventLoop(), now::get);
    private int taken;

    @Test
    void letsAHundredAskAtOnceAndThenFiveARound() {
        ask(150, true);

        channel.runPendingTasks();
        assertThat(taken).isEqualTo(100);
        pass(10);
        assertThat(taken).isEqualTo(105);
        pass(30);
        assertThat(taken).isEqualTo(120);
        pass(1_000);
        assertThat(taken).isEqualTo(150);
    }

    @Test
    void allowsNoMoreThanAHundredAfterALongRest() {
        pass(60_000);
        ask(150, true);

        channel.runPendingTasks();

        assertThat(taken).isEqualTo(100);
    }

    @Test
    void countsNobodyWhoHasGone() {
        ask(1_000, false);
        ask(100, true);

        channel.runPendingTasks();

        assertThat(taken).isEqualTo(100);
    }

    private void ask(int times, boolean stays) {
        for (var i = 0; i < times; i++) {
            pace.await(() -> {
                taken += stays ? 1 : 0;
                return stays;
            });
        }
    }

    private void pass(long milliseconds) {
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(milliseconds));
        channel.advanceTimeBy(milliseconds, TimeUnit.MILLISECONDS);
        channel.runPendingTasks();
    }
}
