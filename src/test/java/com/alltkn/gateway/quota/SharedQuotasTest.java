package com.alltkn.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.caller.Budget;
import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Limits;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.RedisProcess;
import com.alltkn.gateway.quota.Admission.Admitted;
import com.alltkn.gateway.quota.Admission.Refused;
import com.alltkn.gateway.redis.RedisConfig;
import com.alltkn.gateway.redis.SharedState;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Several pods and one real Redis. A slot is 50 ms long in place of a second, so that a window is
/// 3.05 s and a lease 3 s.
class SharedQuotasTest {

    private static final OptionalLong NONE = OptionalLong.empty();
    private static final Demand ONE = new Demand(1, 0);
    private static final Duration SLOT = Duration.ofMillis(50);
    private static final String PATIENT = "2s";
    private static final Duration WINDOW = SLOT.multipliedBy(61);

    private static Vertx vertx;
    private static RedisProcess redis;

    private final List<Pod> pods = new ArrayList<>();

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
        pods.forEach(Pod::stop);
    }

    @Test
    void admitsAsManyRequestsAMinuteAsItMayWhicheverPodIsAsked() {
        var caller = caller(new Limits(NONE, NONE, OptionalLong.of(4), NONE, NONE), Budget.NONE);
        var a = pod();
        var b = pod();

        var admitted =
                IntStream.range(0, 10).filter(i -> (i % 2 == 0 ? a : b).isAdmitted(caller, ONE));

        assertThat(admitted).hasSize(4);
        assertThat(a.refusal(caller, ONE))
                .isInstanceOfSatisfying(
                        GatewayError.RateLimited.class,
                        limited -> {
                            assertThat(limited.of()).isEqualTo("requests");
                            assertThat(limited.limit()).isEqualTo(4);
                            assertThat(limited.delay()).isBetween(Duration.ofNanos(1), WINDOW);
                        });
        assertThat(b.standing(caller).requests().orElseThrow())
                .extracting(Standing.Rate::limit, Standing.Rate::remaining)
                .containsExactly(4L, 0L);
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
    void takesWhatWasUsedInPlaceOfWhatWasSetAside() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(10), OptionalLong.of(1000), NONE),
                        new Budget(OptionalLong.of(5000), OptionalLong.of(9000)));
        var a = pod();
        var b = pod();

        var reservation = a.admit(caller, new Demand(100, 400));
        assertThat(reservation.standing().tokens().orElseThrow().remaining()).isEqualTo(500);
        reservation.settle(30);
        reservation.settle(999);
        reservation.release();

        awaitNothingUnderWay(b, caller);
        var standing = b.standing(caller);
        assertThat(standing.tokens().orElseThrow().remaining()).isEqualTo(970);
        assertThat(standing.requests().orElseThrow().remaining()).isEqualTo(9);
        assertThat(standing.daily()).isEqualTo(30);
        assertThat(standing.monthly()).isEqualTo(30);
        assertThat(standing.ownShare()).isFalse();
    }

    @Test
    void chargesMoreThanWasSetAsideIfMoreWasUsed() {
        var caller = caller(Limits.NONE, Budget.NONE);
        var a = pod();

        a.admit(caller, new Demand(100, 0)).settle(130);
        awaitNothingUnderWay(a, caller);
        a.admit(caller, new Demand(100, 50)).settleUnknown();
        awaitNothingUnderWay(a, caller);

        assertThat(a.standing(caller).daily()).isEqualTo(280);
    }

    @Test
    void chargesNothingForWhatCameToNothing() {
        var caller =
                caller(
                        new Limits(
                                NONE,
                                NONE,
                                OptionalLong.of(1),
                                OptionalLong.of(10),
                                OptionalLong.of(1)),
                        new Budget(OptionalLong.of(10), OptionalLong.of(10)));
        var a = pod();
        var b = pod();

        a.admit(caller, new Demand(5, 5)).release();

        awaitNothingUnderWay(b, caller);
        assertThat(b.isAdmitted(caller, new Demand(5, 5))).isTrue();
        assertThat(a.refusal(caller, ONE)).isEqualTo(new GatewayError.TooManyConcurrent(1));
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
    void neverAdmitsOneTooManyHoweverManyAskAtOnce() throws InterruptedException {
        var caller = caller(new Limits(NONE, NONE, NONE, NONE, OptionalLong.of(100)), Budget.NONE);
        var fleet = List.of(pod(), pod(), pod());
        var admitted = new AtomicInteger();

        try (var threads = Executors.newFixedThreadPool(6)) {
            for (int i = 0; i < 900; i++) {
                var pod = fleet.get(i % 3);
                threads.execute(() -> {
                    if (pod.isAdmitted(caller, ONE)) {
                        admitted.incrementAndGet();
                    }
                });
            }
        }

        assertThat(admitted).hasValue(100);
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
        fleet.forEach(Pod::awaitFleetOfThree);
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
        assertThat(a.shared.failures()).isGreaterThanOrEqualTo(3);
        // Whatever Redis makes of what it heard late, in the end it has the truth.
        await().atMost(Duration.ofSeconds(20))
                .until(() -> a.shared.isUp() && a.standing(caller).concurrent() == 3);
        assertThat(field("daily")).isEqualTo("3");
    }

    @Test
    void grantsNoLimitTwiceWhenAnAccountIsLost() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(30), NONE, NONE),
                        new Budget(OptionalLong.of(40), NONE));
        var fleet = List.of(pod(), pod(), pod());
        fleet.forEach(Pod::awaitFleetOfThree);
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
        fleet.forEach(Pod::awaitFleetOfThree);

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
        await().atMost(Duration.ofSeconds(10)).until(() -> !a.shared.isUp());

        var answers = IntStream.range(0, 500).mapToObj(_ -> a.ask(caller, ONE)).toList();
        answers.forEach(answer -> {
            if (answer instanceof Admitted(var reservation)) {
                reservation.settle(1);
            }
        });
        var admitted = (int) answers.stream().filter(Admitted.class::isInstance).count();
        var untold = a.quotas.untold();
        redis.startAgain();

        assertThat(admitted).isBetween(3, 9);
        assertThat(untold).isEqualTo(admitted);
        await().atMost(Duration.ofSeconds(20)).until(() -> a.quotas.untold() == 0);
        await().atMost(Duration.ofSeconds(5))
                .untilAsserted(() -> assertThat(field("daily")).isEqualTo("" + admitted));
    }

    @Test
    void givesBackWhereItTookForAnExchangeThatBeganWithoutRedis() {
        var caller = caller(Limits.NONE, Budget.NONE);
        var a = pod("50ms");
        redis.kill();
        await().atMost(Duration.ofSeconds(10)).until(() -> !a.shared.isUp());
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

    /// Whatever several pods do in whatever order: no window holds more than the limits, and once
    /// everything has ended nothing is held.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void agreesWithANaiveCount(int seed) {
        record Taken(Reservation reservation, long at, long reserved) {}
        record Charged(long at, long amount) {}
        var random = new Random(seed);
        var caller =
                caller(
                        new Limits(
                                NONE,
                                NONE,
                                OptionalLong.of(1 + random.nextInt(200)),
                                OptionalLong.of(100 + random.nextInt(5_000)),
                                OptionalLong.of(1 + random.nextInt(8))),
                        Budget.NONE);
        var limits = caller.limits();
        var fleet = List.of(pod(), pod(), pod());
        var open = new ArrayList<Taken>();
        var charged = new ArrayList<Charged>();
        var used = 0L;

        for (int step = 0; step < 1_500; step++) {
            if (random.nextBoolean() && !open.isEmpty()) {
                var ending = open.remove(random.nextInt(open.size()));
                if (random.nextInt(3) == 0) {
                    ending.reservation().release();
                } else {
                    var amount = random.nextLong(ending.reserved() + 1);
                    ending.reservation().settle(amount);
                    charged.add(new Charged(ending.at(), amount));
                    used += amount;
                }
            } else {
                var demand = new Demand(random.nextInt(50), random.nextInt(50));
                var asked = System.nanoTime();
                if (fleet.get(random.nextInt(3)).ask(caller, demand)
                        instanceof Admitted(var reservation)) {
                    open.add(new Taken(reservation, asked, demand.total()));
                }
            }

            // Strictly within: what was asked lies between the slot's beginning and now.
            var windowAgo = System.nanoTime() - WINDOW.minus(SLOT).toNanos();
            assertThat(
                            charged.stream().filter(one -> one.at() > windowAgo).count()
                                    + open.stream().filter(one -> one.at() > windowAgo).count())
                    .isLessThanOrEqualTo(limits.requestsPerMinute().getAsLong());
            assertThat(
                            charged.stream()
                                            .filter(one -> one.at() > windowAgo)
                                            .mapToLong(Charged::amount)
                                            .sum()
                                    + open.stream()
                                            .filter(one -> one.at() > windowAgo)
                                            .mapToLong(Taken::reserved)
                                            .sum())
                    .isLessThanOrEqualTo(limits.tokensPerMinute().getAsLong());
            assertThat(open.size()).isLessThanOrEqualTo((int) limits.concurrent().getAsLong());
        }
        open.forEach(one -> one.reservation().release());
        awaitNothingUnderWay(fleet.getFirst(), caller);
        assertThat(fleet.getFirst().standing(caller).daily()).isEqualTo(used);
    }

    private static void awaitNothingUnderWay(Pod pod, Caller caller) {
        await().atMost(Duration.ofSeconds(5)).until(() -> pod.standing(caller).concurrent() == 0);
    }

    /// The tokens that count within the window.
    private static long taken() {
        var fields = redis.command("HGETALL", key("account")).lines().toList();
        return IntStream.range(0, fields.size() / 2)
                .filter(i -> fields.get(2 * i).matches("t\\d+"))
                .mapToLong(i -> Long.parseLong(fields.get(2 * i + 1)))
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

    private static Caller caller(Limits limits, Budget budget) {
        var plain = Caller.named("some-caller");
        return new Caller(
                plain.id(), false, true, false, plain.models(), Optional.empty(), limits, budget);
    }

    private Pod pod() {
        return pod(PATIENT);
    }

    private Pod pod(String deadline) {
        var pod = new Pod(deadline);
        pods.add(pod);
        return pod;
    }

    /// What one process has of shared accounts.
    private static final class Pod {

        private final Redis client =
                Redis.createClient(
                        vertx,
                        new RedisOptions()
                                .setConnectionString("redis://127.0.0.1:" + redis.port())
                                .setMaxPoolSize(8)
                                .setMaxPoolWaiting(1000)
                                .setNetClientOptions(
                                        new NetClientOptions()
                                                .setReadIdleTimeout(3)
                                                .setConnectTimeout(1000)));
        private final SharedState shared;
        private final SharedQuotas quotas;
        private boolean stopped;

        Pod(String deadline) {
            shared =
                    new SharedState(
                            vertx,
                            client,
                            "test",
                            Mappings.read(
                                    RedisConfig.class, Map.of("gateway.redis.deadline", deadline)));
            var clock = new QuotaClock(System::nanoTime, Clock.systemUTC());
            quotas = SharedQuotas.on(shared, new LocalQuotas(clock), clock, SLOT);
            shared.start();
            await().atMost(Duration.ofSeconds(10)).until(shared::isUp);
        }

        void awaitFleetOfThree() {
            await().atMost(Duration.ofSeconds(5)).until(() -> shared.pods() == 3);
        }

        void stop() {
            if (stopped) {
                return;
            }
            stopped = true;
            shared.stop().toCompletionStage().toCompletableFuture().join();
            client.close();
        }

        Admission ask(Caller caller, Demand demand) {
            var answer = new CompletableFuture<Admission>();
            quotas.admit(caller, demand, answer::complete);
            return answer.orTimeout(5, TimeUnit.SECONDS).join();
        }

        boolean isAdmitted(Caller caller, Demand demand) {
            return ask(caller, demand) instanceof Admitted;
        }

        Reservation admit(Caller caller, Demand demand) {
            return ((Admitted) ask(caller, demand)).reservation();
        }

        GatewayError refusal(Caller caller, Demand demand) {
            return ((Refused) ask(caller, demand)).error();
        }

        Standing standing(Caller caller) {
            var answer = new CompletableFuture<Standing>();
            quotas.standing(caller, answer::complete);
            return answer.orTimeout(5, TimeUnit.SECONDS).join();
        }
    }
}
