package com.alltkn.gateway.quota;

import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.redis.RedisConfig;
import com.alltkn.gateway.redis.SharedState;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// What one process has of accounts in Redis, once Redis has answered it.
final class SharedPod extends Pod {

    /// A twentieth of a second in place of a second, so that a window is 3.05 s and a lease 3 s.
    static final Duration SLOT = Duration.ofMillis(50);

    static final Duration WINDOW = SLOT.multipliedBy(SlidingWindow.SLOTS);

    private final Redis client;
    private final SharedState shared;
    private final AtomicBoolean stopped = new AtomicBoolean();

    private SharedPod(Redis client, SharedState shared, Quotas quotas) {
        super(quotas);
        this.client = client;
        this.shared = shared;
    }

    /// @param client of its own
    /// @param deadline such as `20ms`
    static SharedPod start(Vertx vertx, Redis client, String deadline) {
        var shared =
                SharedState.in(
                        vertx,
                        client,
                        "test",
                        Mappings.read(
                                RedisConfig.class, Map.of("gateway.redis.deadline", deadline)));
        var clock = new QuotaClock(System::nanoTime, Clock.systemUTC());
        var quotas = SharedQuotas.on(shared, new LocalQuotas(clock), clock, SLOT);
        shared.start();
        await().atMost(Duration.ofSeconds(10)).until(shared.scripts()::isUp);
        return new SharedPod(client, shared, quotas);
    }

    boolean isUp() {
        return shared.scripts().isUp();
    }

    long failures() {
        return shared.scripts().failures();
    }

    int fleet() {
        return shared.fleet().pods();
    }

    void awaitDown() {
        await().atMost(Duration.ofSeconds(10)).until(() -> !isUp());
    }

    void awaitFleetOfThree() {
        await().atMost(Duration.ofSeconds(5)).until(() -> fleet() == 3);
    }

    void stop() {
        if (stopped.compareAndSet(false, true)) {
            shared.stop()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(5, TimeUnit.SECONDS)
                    .join();
            client.close();
        }
    }
}
