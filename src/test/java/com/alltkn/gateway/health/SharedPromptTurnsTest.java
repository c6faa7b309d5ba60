package com.alltkn.gateway.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.health.PromptTurns.Finding;
import com.alltkn.gateway.health.PromptTurns.Turn;
import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.RedisProcess;
import com.alltkn.gateway.redis.RedisConfig;
import com.alltkn.gateway.redis.SharedState;
import com.alltkn.gateway.upstream.PromptOutcome;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Redis;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Two pods and one real Redis.
class SharedPromptTurnsTest {

    private static final Duration LIFE = Duration.ofMillis(1500);
    private static final Finding GOOD =
            new Finding(PromptOutcome.GOOD, Optional.of(Duration.ofMillis(321)));

    private final Vertx vertx = Vertx.vertx();
    private final RedisProcess redis = RedisProcess.start();
    private final PromptTurns one = pod();
    private final PromptTurns other = pod();

    @AfterEach
    void end() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        redis.close();
    }

    @Test
    void letsOnePodAskForAll() {
        var revision = MadeUpRevision.number(1);

        assertThat(one.next(revision)).isEqualTo(new Turn.Ask());
        assertThat(other.next(revision)).isEqualTo(new Turn.Wait());
        one.found(revision, GOOD);

        await().atMost(Duration.ofSeconds(1))
                .untilAsserted(() ->
                        assertThat(other.next(revision))
                                .isInstanceOfSatisfying(
                                        Turn.Known.class,
                                        known -> {
                                            assertThat(known.finding()).isEqualTo(GOOD);
                                            assertThat(known.age()).isBetween(Duration.ZERO, LIFE);
                                        }));
    }

    @Test
    void asksAnewOnceAFindingIsOld() {
        var revision = MadeUpRevision.number(1);
        one.next(revision);
        one.found(revision, new Finding(PromptOutcome.QUOTA, Optional.empty()));

        await().atMost(Duration.ofSeconds(15))
                .until(() -> other.next(revision).equals(new Turn.Ask()));
        assertThat(one.next(revision)).isEqualTo(new Turn.Wait());
    }

    /// By a clock that is set back a key lives longer than it was told to.
    @Test
    void asksAnewInTimeThoughTheClockOfRedisWasSetBack() {
        var revision = MadeUpRevision.number(1);
        var key = "alltkn-gateway:test:{revision-" + revision.contentId() + "}:prompt";
        one.next(revision);
        redis.command("PEXPIRE", key + "-lease", "3600000");
        assertThat(other.next(revision)).isEqualTo(new Turn.Wait());
        assertThat(Integer.parseInt(redis.command("PTTL", key + "-lease"))).isBetween(1, 10_000);
        one.found(revision, GOOD);
        await().atMost(Duration.ofSeconds(1))
                .until(() -> redis.command("PEXPIRE", key, "3600000").equals("1"));

        assertThat(other.next(revision)).isEqualTo(new Turn.Known(GOOD, Duration.ZERO));

        assertThat(Integer.parseInt(redis.command("PTTL", key)))
                .isBetween(1, (int) LIFE.toMillis());
    }

    @Test
    void letsEveryPodAskWhileRedisIsDown() {
        redis.kill();

        assertThat(one.next(MadeUpRevision.number(1))).isEqualTo(new Turn.Ask());
        assertThat(other.next(MadeUpRevision.number(1))).isEqualTo(new Turn.Ask());
    }

    private PromptTurns pod() {
        var shared =
                SharedState.in(
                        vertx,
                        Redis.createClient(vertx, "redis://127.0.0.1:" + redis.port()),
                        "test",
                        Mappings.read(RedisConfig.class, Map.of("gateway.redis.deadline", "1s")));
        shared.start();
        await().atMost(Duration.ofSeconds(10)).until(shared.scripts()::isUp);
        return new SharedPromptTurns(shared, LIFE);
    }
}
