package com.alltkn.gateway.exchange.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import java.lang.reflect.Proxy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StallWatchTest {

    private static final long PAUSE = 20_000;
    private static final long TOTAL = 120_000;

    /// Milliseconds.
    private long now;

    private long stalledAt = -1;
    private long due;
    private int timersSet;
    private @Nullable Handler<Long> timer;

    private final StallWatch watch =
            new StallWatch(
                    vertx(),
                    Duration.ofMillis(PAUSE),
                    Duration.ofMillis(TOTAL),
                    () -> stalledAt = now,
                    () -> Duration.ofMillis(now).toNanos());

    @Test
    void noticesAPauseWhenItIsTooLong() {
        watch.start();
        until(300);
        watch.moved();

        until(1_000_000);

        assertThat(stalledAt).isBetween(300 + PAUSE, 300 + PAUSE + 2);
    }

    @Test
    void setsNoTimerForAPiece() {
        watch.start();
        for (var piece = 0; piece < 100_000; piece++) {
            until(piece);
            watch.moved();
        }

        assertThat(timersSet).isLessThanOrEqualTo(1 + 100_000 / (int) PAUSE);
        assertThat(stalledAt).isNegative();
    }

    @Test
    void noticesABodyThatDripsForTooLong() {
        watch.start();
        while (stalledAt < 0) {
            until(now + 1000);
            watch.moved();
        }

        assertThat(stalledAt).isBetween(TOTAL, TOTAL + 2);
    }

    @Test
    void countsNoTimeInWhichNothingIsTaken() {
        watch.start();
        watch.held();
        until(TOTAL - 1000);
        assertThat(stalledAt).isNegative();

        watch.moved();
        until(TOTAL - 1);
        assertThat(stalledAt).isNegative();
    }

    @Test
    void saysNothingOnceItIsStopped() {
        watch.start();
        watch.stop();

        until(1_000_000);

        assertThat(stalledAt).isNegative();
    }

    private void until(long then) {
        while (timer != null && due <= then) {
            now = due;
            var went = timer;
            timer = null;
            went.handle(1L);
        }
        now = then;
    }

    /// One whose only clock is `now`.
    private Vertx vertx() {
        return (Vertx)
                Proxy.newProxyInstance(
                        getClass().getClassLoader(),
                        new Class<?>[] {Vertx.class},
                        (_, method, arguments) -> {
                            switch (method.getName()) {
                                case "setTimer" -> {
                                    due = now + (Long) arguments[0];
                                    timer = handler(arguments[1]);
                                    timersSet++;
                                    return 1L;
                                }
                                case "cancelTimer" -> {
                                    timer = null;
                                    return true;
                                }
                                default -> throw new AssertionError(method.getName());
                            }
                        });
    }

    @SuppressWarnings("unchecked")
    private static Handler<Long> handler(Object argument) {
        return (Handler<Long>) argument;
    }
}
