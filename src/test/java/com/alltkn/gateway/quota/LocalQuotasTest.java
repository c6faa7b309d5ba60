package com.alltkn.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Budget;
import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Limits;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.laboratory.MutableClock;
import com.alltkn.gateway.quota.Admission.Admitted;
import com.alltkn.gateway.quota.Admission.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalQuotasTest {

    private static final OptionalLong NONE = OptionalLong.empty();
    private static final Demand ONE = new Demand(1, 0);

    private final MutableClock calendar = new MutableClock(Instant.parse("2026-11-24T10:00:00Z"));
    private long now = 1_000_000_000_000L;
    private final Quotas quotas = new LocalQuotas(new QuotaClock(() -> now, calendar));

    @Test
    void admitsAsManyRequestsAMinuteAsItMay() {
        var caller = caller(new Limits(NONE, NONE, OptionalLong.of(3), NONE, NONE), Budget.NONE);

        assertThat(IntStream.range(0, 5).filter(_ -> isAdmitted(caller, ONE))).hasSize(3);

        assertThat(refusal(caller, ONE))
                .isEqualTo(new GatewayError.RateLimited("requests", 3, Duration.ofSeconds(61)));
        assertThat(standing(caller).requests())
                .contains(new Standing.Rate(3, 0, Duration.ofSeconds(61)));
    }

    @Test
    void namesAWaitThatIsLongEnoughAndNoLonger() {
        var caller = caller(new Limits(NONE, NONE, NONE, OptionalLong.of(100), NONE), Budget.NONE);
        admit(caller, new Demand(60, 0));
        now += Duration.ofSeconds(7).toNanos();
        admit(caller, new Demand(30, 0));

        var refused = (GatewayError.RateLimited) refusal(caller, new Demand(20, 0));

        now += refused.delay().toNanos() - 1;
        assertThat(isAdmitted(caller, new Demand(20, 0))).isFalse();
        now += 1;
        assertThat(isAdmitted(caller, new Demand(20, 0))).isTrue();
    }

    @Test
    void letsThroughWhatIsLargerThanTheLimitWhenNothingElseGoesOn() {
        var caller = caller(new Limits(NONE, NONE, NONE, OptionalLong.of(10), NONE), Budget.NONE);

        var large = admit(caller, new Demand(50, 50));

        assertThat(isAdmitted(caller, ONE)).isFalse();
        large.settle(4);
        assertThat(standing(caller).tokens().orElseThrow().remaining()).isEqualTo(6);
    }

    @Test
    void takesWhatWasUsedInPlaceOfWhatWasSetAside() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(10), OptionalLong.of(1000), NONE),
                        new Budget(OptionalLong.of(5000), OptionalLong.of(9000)));

        var reservation = admit(caller, new Demand(100, 400));
        assertThat(reservation.standing().tokens().orElseThrow().remaining()).isEqualTo(500);
        reservation.settle(30);
        reservation.settle(999);
        reservation.release();

        var standing = standing(caller);
        assertThat(standing.tokens().orElseThrow().remaining()).isEqualTo(970);
        assertThat(standing.requests().orElseThrow().remaining()).isEqualTo(9);
        assertThat(standing.daily()).isEqualTo(30);
        assertThat(standing.monthly()).isEqualTo(30);
        assertThat(standing.concurrent()).isZero();
    }

    @Test
    void countsWhatWasSetAsideWhereNobodyKnowsWhatWasUsed() {
        var caller = caller(Limits.NONE, Budget.NONE);

        admit(caller, new Demand(100, 400)).settleUnknown();

        assertThat(standing(caller).daily()).isEqualTo(500);
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

        admit(caller, new Demand(5, 5)).release();

        assertThat(standing(caller))
                .isEqualTo(
                        new Standing(
                                Optional.of(new Standing.Rate(1, 1, Duration.ZERO)),
                                Optional.of(new Standing.Rate(10, 10, Duration.ZERO)),
                                0,
                                0,
                                0,
                                false));
        assertThat(isAdmitted(caller, new Demand(5, 5))).isTrue();
    }

    @Test
    void holdsExchangesUnderWayToTheirLimit() {
        var caller = caller(new Limits(NONE, NONE, NONE, NONE, OptionalLong.of(2)), Budget.NONE);
        var first = admit(caller, ONE);
        admit(caller, ONE);
        assertThat(refusal(caller, ONE)).isEqualTo(new GatewayError.TooManyConcurrent(2));

        first.settle(1);

        assertThat(isAdmitted(caller, ONE)).isTrue();
    }

    @Test
    void beginsADayAndAMonthAnew() {
        var caller = caller(Limits.NONE, new Budget(OptionalLong.of(10), OptionalLong.of(15)));
        var late = admit(caller, new Demand(8, 0));
        assertThat(refusal(caller, new Demand(3, 0)))
                .isEqualTo(new GatewayError.BudgetSpent("daily", 10));

        calendar.advance(Duration.ofDays(1));
        assertThat(standing(caller).daily()).isZero();
        assertThat(refusal(caller, new Demand(8, 0)))
                .isEqualTo(new GatewayError.BudgetSpent("monthly", 15));
        late.settle(4);
        assertThat(standing(caller).daily()).isZero();
        assertThat(standing(caller).monthly()).isEqualTo(4);

        calendar.advance(Duration.ofDays(7));
        assertThat(standing(caller).monthly()).isZero();
    }

    @Test
    void keepsCallersApart() {
        var limits = new Limits(NONE, NONE, OptionalLong.of(1), NONE, NONE);
        var a = named("a", limits);
        var b = named("b", limits);
        admit(a, ONE);

        assertThat(isAdmitted(a, ONE)).isFalse();
        assertThat(isAdmitted(b, ONE)).isTrue();
    }

    @Test
    void neverAdmitsOneTooManyHoweverManyAskAtOnce() throws InterruptedException {
        var caller = caller(new Limits(NONE, NONE, OptionalLong.of(500), NONE, NONE), Budget.NONE);
        var admitted = new AtomicInteger();

        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 4_000; i++) {
                threads.execute(() -> {
                    if (isAdmitted(caller, ONE)) {
                        admitted.incrementAndGet();
                    }
                });
            }
        }

        assertThat(admitted).hasValue(500);
    }

    /// Whatever happens in whatever order: no minute holds more than the limits, and once
    /// everything has ended nothing is held.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void agreesWithANaiveCount(int seed) {
        record Taken(long at, Reservation reservation, long reserved) {}
        record Charged(long at, long amount) {}
        var random = new Random(seed);
        var requestLimit = 1 + random.nextInt(30);
        var tokenLimit = 100 + random.nextInt(2_000);
        var concurrentLimit = 1 + random.nextInt(8);
        var caller =
                caller(
                        new Limits(
                                NONE,
                                NONE,
                                OptionalLong.of(requestLimit),
                                OptionalLong.of(tokenLimit),
                                OptionalLong.of(concurrentLimit)),
                        Budget.NONE);
        var open = new ArrayList<Taken>();
        var requests = new ArrayList<Charged>();
        var tokens = new ArrayList<Charged>();
        var used = 0L;

        for (int step = 0; step < 3_000; step++) {
            now += random.nextLong(Duration.ofSeconds(3).toNanos());
            if (random.nextBoolean() && !open.isEmpty()) {
                var ending = open.remove(random.nextInt(open.size()));
                if (random.nextInt(3) == 0) {
                    ending.reservation().release();
                } else {
                    var amount = random.nextLong(ending.reserved() + 1);
                    ending.reservation().settle(amount);
                    requests.add(new Charged(ending.at(), 1));
                    tokens.add(new Charged(ending.at(), amount));
                    used += amount;
                }
            } else {
                var demand = new Demand(random.nextInt(50), random.nextInt(50));
                if (ask(caller, demand) instanceof Admitted(var reservation)) {
                    open.add(new Taken(now, reservation, demand.total()));
                }
            }

            var minuteAgo = now - Duration.ofMinutes(1).toNanos();
            assertThat(
                            requests.stream().filter(one -> one.at() > minuteAgo).count()
                                    + open.stream().filter(one -> one.at() > minuteAgo).count())
                    .isLessThanOrEqualTo(requestLimit);
            assertThat(
                            tokens.stream()
                                            .filter(one -> one.at() > minuteAgo)
                                            .mapToLong(Charged::amount)
                                            .sum()
                                    + open.stream()
                                            .filter(one -> one.at() > minuteAgo)
                                            .mapToLong(Taken::reserved)
                                            .sum())
                    .isLessThanOrEqualTo(tokenLimit);
            assertThat(open).hasSizeLessThanOrEqualTo(concurrentLimit);
        }
        open.forEach(one -> one.reservation().release());
        assertThat(standing(caller).daily()).isEqualTo(used);
        assertThat(standing(caller).concurrent()).isZero();
        now += Duration.ofSeconds(61).toNanos();
        assertThat(standing(caller).requests().orElseThrow().remaining()).isEqualTo(requestLimit);
        assertThat(standing(caller).tokens().orElseThrow().remaining()).isEqualTo(tokenLimit);
    }

    private Reservation admit(Caller caller, Demand demand) {
        return ((Admitted) ask(caller, demand)).reservation();
    }

    private boolean isAdmitted(Caller caller, Demand demand) {
        return ask(caller, demand) instanceof Admitted;
    }

    private GatewayError refusal(Caller caller, Demand demand) {
        return ((Refused) ask(caller, demand)).error();
    }

    private Admission ask(Caller caller, Demand demand) {
        var answer = new AtomicReference<Admission>();
        quotas.admit(caller, demand, answer::set);
        return Optional.ofNullable(answer.get()).orElseThrow();
    }

    private Standing standing(Caller caller) {
        var answer = new AtomicReference<Standing>();
        quotas.standing(caller, answer::set);
        return Optional.ofNullable(answer.get()).orElseThrow();
    }

    private static Caller named(String id, Limits limits) {
        var plain = Caller.named(id);
        return new Caller(
                id, false, true, false, plain.models(), Optional.empty(), limits, Budget.NONE);
    }

    private static Caller caller(Limits limits, Budget budget) {
        var plain = Caller.named("some-caller");
        return new Caller(
                plain.id(), false, true, false, plain.models(), Optional.empty(), limits, budget);
    }
}
