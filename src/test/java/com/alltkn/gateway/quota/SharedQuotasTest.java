package com.alltkn.gateway.quota;

import static com.alltkn.gateway.quota.SharedPod.SLOT;
import static com.alltkn.gateway.quota.SharedPod.WINDOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.caller.Budget;
import com.alltkn.gateway.caller.Limits;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.laboratory.RedisProcess;
import com.alltkn.gateway.laboratory.Toxic;
import com.alltkn.gateway.laboratory.ToxicProxy;
import com.alltkn.gateway.quota.Admission.Admitted;
import com.alltkn.gateway.quota.Admission.Refused;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Several pods and one real Redis.
class SharedQuotasTest extends QuotasContract {

    private static Vertx vertx;
    private static RedisProcess redis;

    private final List<SharedPod> pods = new ArrayList<>();

    static IntStream seeds() {
        return IntStream.rangeClosed(1, 3);
    }

    @Override
    Pod another() {
        return pod();
    }

    @Override
    Duration window() {
        return WINDOW;
    }

    @Override
    Duration slot() {
        return SLOT;
    }

    @Override
    long nanos() {
        return System.nanoTime();
    }

    @Override
    void passSome(Random random) {
        // Asking takes its time.
    }

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx();
        redis = RedisProcess.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @BeforeEach
    void empty() {
        redis.command("FLUSHALL");
    }

    @AfterEach
    void end() {
        pods.forEach(SharedPod::stop);
    }

    @Test
    void namesAWaitThatIsLongEnough() {
        var caller = caller(new Limits(NONE, NONE, NONE, OptionalLong.of(100), NONE), Budget.NONE);
        var a = pod();
        var b = pod();
        a.admit(caller, new Demand(100, 0));

        var asked = System.nanoTime();
        var wait = ((GatewayError.RateLimited) b.refusal(caller, ONE)).delay();
        while (!b.isAdmitted(caller, ONE)) {
            Thread.onSpinWait();
        }
        var waited = Duration.ofNanos(System.nanoTime() - asked);

        assertThat(waited).isGreaterThanOrEqualTo(wait);
        assertThat(waited).isLessThan(wait.plus(SLOT.multipliedBy(20)));
    }

    @Test
    void holdsBudgetsByTheDaysOfRedis() {
        var caller = caller(Limits.NONE, new Budget(OptionalLong.of(10), OptionalLong.of(15)));
        var a = pod();
        a.admit(caller, new Demand(8, 0));

        assertThat(pod().refusal(caller, new Demand(3, 0)))
                .isEqualTo(new GatewayError.BudgetSpent("daily", 10));
        var today = LocalDate.now(ZoneOffset.UTC);
        assertThat(redis.command("HMGET", key("account"), "day", "month"))
                .isEqualTo(
                        today.toEpochDay() + "\n" + (today.getYear() * 12 + today.getMonthValue()));

        redis.command("HSET", key("account"), "day", Long.toString(today.toEpochDay() - 1));
        assertThat(a.refusal(caller, new Demand(8, 0)))
                .isEqualTo(new GatewayError.BudgetSpent("monthly", 15));
        redis.command("HSET", key("account"), "month", "1");
        assertThat(a.isAdmitted(caller, new Demand(8, 0))).isTrue();
    }

    @Test
    void keepsNothingForEver() {
        var caller = caller(Limits.NONE, Budget.NONE);
        pod().admit(caller, ONE);

        var keys = redis.command("KEYS", "*").lines().toList();

        assertThat(keys)
                .contains(key("account"), key("exchanges"))
                .allSatisfy(
                        key -> assertThat(Long.parseLong(redis.command("TTL", key))).isPositive());
    }

    @Test
    void refusesWhoeverIsBlockedThereAndThen() {
        var caller = caller(Limits.NONE, Budget.NONE);
        var a = pod();
        assertThat(a.isAdmitted(caller, ONE)).isTrue();

        redis.command("SET", key("blocked"), "key-leaked", "EX", "60");
        assertThat(a.refusal(caller, ONE)).isEqualTo(new GatewayError.CallerBlocked());
        redis.command("DEL", key("blocked"));

        assertThat(a.isAdmitted(caller, ONE)).isTrue();
    }

    @Test
    void keepsAnExchangeAsLongAsItsPodLivesAndNoLonger() {
        var caller = caller(new Limits(NONE, NONE, NONE, NONE, OptionalLong.of(1)), Budget.NONE);
        var a = pod();
        var b = pod();
        a.admit(caller, ONE);

        await().during(WINDOW.multipliedBy(2))
                .atMost(WINDOW.multipliedBy(3))
                .until(() -> !b.isAdmitted(caller, ONE));
        a.stop();

        await().atMost(WINDOW.multipliedBy(3)).until(() -> b.isAdmitted(caller, ONE));
    }

    @Test
    void goesOnWithItsOwnShareWhileRedisIsDeadAndTellsItLater() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(30), NONE, NONE),
                        new Budget(OptionalLong.of(1000), NONE));
        var fleet = List.of(pod(), pod(), pod());
        fleet.forEach(SharedPod::awaitFleetOfThree);
        fleet.forEach(pod -> pod.admit(caller, ONE).settle(1));

        redis.kill();
        var began = System.nanoTime();
        var admitted = new ArrayList<Reservation>();
        for (int i = 0; i < 60; i++) {
            var answer = fleet.get(i % 3).ask(caller, ONE);
            switch (answer) {
                case Admitted(var reservation) -> {
                    assertThat(reservation.standing().ownShare()).isTrue();
                    admitted.add(reservation);
                }
                case Refused(var error, var standing) -> {
                    assertThat(error).isInstanceOf(GatewayError.RateLimited.class);
                    assertThat(standing.ownShare()).isTrue();
                }
            }
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(WINDOW);
        assertThat(admitted).hasSize(27);
        admitted.subList(0, 9).forEach(one -> one.settle(2));
        admitted.subList(9, 18).forEach(Reservation::release);
        redis.startAgain();

        // What the first pod that comes back knew of the 3 of before, 9 x 2 that ended, 9 that go
        // on.
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> {
                    assertThat(field("daily")).isIn("28", "29", "30");
                    assertThat(underWay()).isEqualTo("9");
                });
        admitted.subList(18, 27).forEach(Reservation::release);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> fleet.getFirst().standing(caller).concurrent() == 0);
    }

    @Test
    void waitsForADeafRedisNoLongerThanItMust() {
        var caller = caller(new Limits(NONE, NONE, OptionalLong.of(9), NONE, NONE), Budget.NONE);
        var a = pod("50ms");
        assertThat(a.isAdmitted(caller, ONE)).isTrue();

        redis.pause();
        var began = System.nanoTime();
        var answers = IntStream.range(0, 100).mapToObj(_ -> a.ask(caller, ONE)).toList();
        var took = Duration.ofNanos(System.nanoTime() - began);
        redis.resume();

        assertThat(answers.stream().filter(Admitted.class::isInstance)).hasSize(2);
        assertThat(took).isLessThan(Duration.ofSeconds(2));
        assertThat(a.failures()).isGreaterThanOrEqualTo(3);
        // Whatever Redis makes of what it heard late, in the end it has the truth.
        await().atMost(Duration.ofSeconds(20))
                .until(() -> a.isUp() && a.standing(caller).concurrent() == 3);
        assertThat(field("daily")).isEqualTo("3");
    }

    @Test
    void grantsNoLimitTwiceWhenAnAccountIsLost() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(30), NONE, NONE),
                        new Budget(OptionalLong.of(40), NONE));
        var fleet = List.of(pod(), pod(), pod());
        fleet.forEach(SharedPod::awaitFleetOfThree);
        for (int i = 0; i < 24; i++) {
            fleet.get(i % 3).admit(caller, ONE).settle(1);
        }
        awaitNothingUnderWay(fleet.getFirst(), caller);

        redis.command("FLUSHALL");
        var more = IntStream.range(0, 90).filter(i -> fleet.get(i % 3).isAdmitted(caller, ONE));

        assertThat(more.count()).isBetween(6L, 12L);
        await().atMost(WINDOW.multipliedBy(3))
                .until(() -> !fleet.getFirst().standing(caller).ownShare());
        assertThat(fleet.getFirst().standing(caller).daily()).isGreaterThanOrEqualTo(30);
    }

    @Test
    void trustsARedisThatIsBackOnlyOnceAllHaveToldIt() {
        var caller = caller(new Limits(NONE, NONE, OptionalLong.of(300), NONE, NONE), Budget.NONE);
        var fleet = List.of(pod("50ms"), pod("50ms"), pod("50ms"));
        fleet.forEach(SharedPod::awaitFleetOfThree);

        var began = System.nanoTime();
        redis.pause();
        var admitted =
                IntStream.range(0, 450)
                        .filter(i -> fleet.get(i % 3).isAdmitted(caller, ONE))
                        .count();
        redis.resume();
        while (System.nanoTime() - began < WINDOW.minusMillis(500).toNanos()) {
            for (var pod : fleet) {
                admitted += pod.isAdmitted(caller, ONE) ? 1 : 0;
            }
        }

        assertThat(admitted).isBetween(297L, 360L);
    }

    @Test
    void tellsTheRestBeforeItEnds() {
        var caller = caller(Limits.NONE, Budget.NONE);
        var a = pod();
        var open =
                IntStream.range(0, 500).mapToObj(_ -> a.admit(caller, new Demand(9, 0))).toList();

        open.forEach(one -> one.settle(2));
        a.stop();

        assertThat(underWay()).isEqualTo("0");
        assertThat(field("daily")).isEqualTo("1000");
    }

    @Test
    void owesRedisNothingForWhatWasRefused() {
        var caller = caller(new Limits(NONE, NONE, OptionalLong.of(9), NONE, NONE), Budget.NONE);
        var a = pod("50ms");
        redis.kill();
        a.awaitDown();

        var answers = IntStream.range(0, 500).mapToObj(_ -> a.ask(caller, ONE)).toList();
        answers.forEach(answer -> {
            if (answer instanceof Admitted(var reservation)) {
                reservation.settle(1);
            }
        });
        var admitted = (int) answers.stream().filter(Admitted.class::isInstance).count();
        var untold = a.quotas().view().untold();
        redis.startAgain();

        assertThat(admitted).isBetween(3, 9);
        assertThat(untold).isEqualTo(admitted);
        await().atMost(Duration.ofSeconds(20)).until(() -> a.quotas().view().untold() == 0);
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(field("daily")).isEqualTo("" + admitted));
    }

    @Test
    void givesBackWhereItTookForAnExchangeThatBeganWithoutRedis() {
        var caller = caller(Limits.NONE, Budget.NONE);
        var a = pod("50ms");
        redis.kill();
        a.awaitDown();
        var reservation = a.admit(caller, new Demand(500, 0));
        await().pollDelay(SLOT.multipliedBy(10)).until(() -> true);
        redis.startAgain();
        await().atMost(Duration.ofSeconds(20)).until(() -> underWay().equals("1"));
        assertThat(taken()).isEqualTo(500);

        reservation.release();

        await().atMost(Duration.ofSeconds(5)).until(() -> underWay().equals("0"));
        assertThat(taken()).isZero();
        assertThat(field("daily")).isEqualTo("0");
    }

    @Test
    void takesAnAnswerThatIsNoneForAFailure() {
        var caller = caller(Limits.NONE, Budget.NONE);
        var a = pod();
        redis.command("SET", key("account"), "no hash");

        var reservation = a.admit(caller, ONE);

        assertThat(reservation.standing().ownShare()).isTrue();
        redis.command("DEL", key("account"));
        await().atMost(Duration.ofSeconds(20)).until(() -> a.standing(caller).concurrent() == 1);
    }

    @Test
    void asksNoMoreOfARedisThatIsBackThanItCanAnswerBesides() {
        var caller = caller(Limits.NONE, Budget.NONE);
        var most = new AtomicInteger();
        var a = pod(TappedRedis.counting(client(redis.port()), most), "500ms");
        pod("500ms");
        pod("500ms");
        a.awaitFleetOfThree();
        redis.kill();
        a.awaitDown();
        for (int i = 0; i < 3_000; i++) {
            a.admit(caller, new Demand(9, 0)).settle(2);
        }
        assertThat(a.quotas().view().untold()).isEqualTo(3_000);
        most.set(0);

        redis.startAgain();
        await().atMost(Duration.ofSeconds(10)).until(a::isUp);
        var failures = a.failures();
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    assertThat(a.isUp()).isTrue();
                    return field("daily").equals("6000");
                });

        // A third of what the fleet may, and the beat.
        assertThat(most.get()).isBetween(21, 22);
        assertThat(a.failures()).isEqualTo(failures);
        assertThat(a.quotas().view().untold()).isZero();
    }

    @Test
    void countsOnceWhatRedisAdmittedLateAndCouldNotAnswer() {
        var caller = caller(Limits.NONE, Budget.NONE);
        try (var proxy = ToxicProxy.before(redis.port())) {
            var a = pod(client(proxy.port()), "200ms");
            a.admit(caller, ONE).release();
            awaitNothingUnderWay(a, caller);
            proxy.toClient(new Toxic.BlackHole());
            redis.pause();

            var reservation = a.admit(caller, new Demand(500, 0));
            assertThat(reservation.standing().ownShare()).isTrue();
            await().pollDelay(SLOT.multipliedBy(10)).until(() -> true);
            redis.resume();
            await().atMost(Duration.ofSeconds(5)).until(() -> underWay().equals("1"));
            proxy.dropConnections();
            proxy.heal();
            reservation.settle(30);

            await().atMost(Duration.ofSeconds(20)).until(() -> underWay().equals("0"));
            assertThat(taken()).isEqualTo(30);
            assertThat(field("daily")).isEqualTo("30");
        }
    }

    @Test
    void countsOnceWhatWasToldAgainForTheAnswerWasLost() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(100), OptionalLong.of(5000), NONE),
                        Budget.NONE);
        try (var proxy = ToxicProxy.before(redis.port())) {
            var a = pod(client(proxy.port()), "2s");
            // So that there are connections to lose.
            var first = new CopyOnWriteArrayList<Admission>();
            IntStream.range(0, 8).forEach(_ -> a.quotas().admit(caller, ONE, first::add));
            await().atMost(Duration.ofSeconds(5)).until(() -> first.size() == 8);
            first.forEach(admission -> ((Admitted) admission).reservation().release());
            awaitNothingUnderWay(a, caller);
            redis.command("CONFIG", "RESETSTAT");
            proxy.toClient(new Toxic.CutAfter(1));

            var ended = a.admit(caller, new Demand(500, 0));
            assertThat(ended.standing().ownShare()).isTrue();
            // Its admission, and its adoption.
            await().atMost(Duration.ofSeconds(5)).until(() -> scriptsRun() >= 2);
            assertThat(underWay()).isEqualTo("1");
            ended.settle(30);
            proxy.heal();

            await().atMost(Duration.ofSeconds(20)).until(() -> underWay().equals("0"));
            assertThat(taken()).isEqualTo(30);
            assertThat(field("daily")).isEqualTo("30");
            assertThat(a.standing(caller).requests().orElseThrow().remaining()).isEqualTo(99);
        }
    }

    @Test
    void locksNobodyOutWhenTheClockOfRedisIsSetBack() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(4), NONE, OptionalLong.of(1)),
                        Budget.NONE);
        var a = pod(TappedRedis.withSetClock(client(redis.port())), "2s");
        var dying = pod(TappedRedis.withSetClock(client(redis.port())), "2s");
        for (int i = 0; i < 3; i++) {
            a.admit(caller, ONE).settle(1);
            awaitNothingUnderWay(a, caller);
        }
        dying.admit(caller, ONE);
        dying.stop();

        redis.command("SET", TappedRedis.AHEAD, "-3600");

        assertThat(a.refusal(caller, ONE)).isEqualTo(new GatewayError.TooManyConcurrent(1));
        assertThat(a.standing(caller).requests())
                .hasValueSatisfying(rate -> {
                    assertThat(rate.remaining()).isZero();
                    assertThat(rate.reset()).isBetween(Duration.ofNanos(1), WINDOW);
                });
        await().atMost(WINDOW.multipliedBy(2)).until(() -> a.isAdmitted(caller, ONE));
        assertThat(a.standing(caller).daily()).isEqualTo(5);
    }

    @Test
    void givesBackWhatWasTakenBeforeTheClockOfRedisWasSetBack() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(9), OptionalLong.of(1000), NONE),
                        Budget.NONE);
        var a = pod(TappedRedis.withSetClock(client(redis.port())), "2s");
        var failing = a.admit(caller, new Demand(100, 0));
        var open = a.admit(caller, new Demand(500, 0));

        redis.command("SET", TappedRedis.AHEAD, "-3600");
        failing.release();
        await().atMost(Duration.ofSeconds(1)).until(() -> a.standing(caller).concurrent() == 1);
        await().pollDelay(SLOT.multipliedBy(5)).until(() -> true);
        open.settle(30);
        awaitNothingUnderWay(a, caller);

        var standing = a.standing(caller);
        assertThat(standing.requests().orElseThrow().remaining()).isEqualTo(8);
        assertThat(standing.tokens().orElseThrow().remaining()).isEqualTo(970);
        assertThat(standing.daily()).isEqualTo(30);
    }

    @Test
    void forgetsADeadPodThoughTheClockOfRedisWasSetBack() {
        var pods = "alltkn-gateway:test:{fleet}:pods";
        var inAnHour = System.currentTimeMillis() + Duration.ofHours(1).toMillis();
        redis.command("ZADD", pods, Long.toString(inAnHour), "dead");

        pod();

        await().atMost(Duration.ofSeconds(5)).until(() -> redis.command("ZCARD", pods).equals("1"));
    }

    /// The tokens that count within the window.
    private static long taken() {
        var fields = redis.command("HGETALL", key("account")).lines().toList();
        return IntStream.range(0, fields.size() / 2)
                .filter(i -> fields.get(2 * i).matches("t\\d+"))
                .mapToLong(i -> Long.parseLong(fields.get(2 * i + 1)))
                .sum();
    }

    private static int scriptsRun() {
        return redis.command("INFO", "commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_evalsha:calls="))
                .mapToInt(line -> Integer.parseInt(line.split("[=,]", 3)[1]))
                .sum();
    }

    private static String field(String name) {
        return redis.command("HGET", key("account"), name);
    }

    /// How many exchanges count: those whose lease ends after now.
    private static String underWay() {
        var now = redis.command("TIME").split("\n", 2);
        return redis.command(
                "ZCOUNT",
                key("exchanges"),
                "(" + now[0] + "%06d".formatted(Long.parseLong(now[1])),
                "+inf");
    }

    private static String key(String name) {
        return "alltkn-gateway:test:{some-caller}:" + name;
    }

    private SharedPod pod() {
        return pod("2s");
    }

    private SharedPod pod(String deadline) {
        return pod(client(redis.port()), deadline);
    }

    private SharedPod pod(Redis client, String deadline) {
        var pod = SharedPod.start(vertx, client, deadline);
        pods.add(pod);
        return pod;
    }

    private static Redis client(int port) {
        return Redis.createClient(
                vertx,
                new RedisOptions()
                        .setConnectionString("redis://127.0.0.1:" + port)
                        .setMaxPoolSize(8)
                        .setMaxPoolWaiting(1000)
                        .setNetClientOptions(
                                new NetClientOptions()
                                        .setReadIdleTimeout(3)
                                        .setConnectTimeout(1000)));
    }
}
