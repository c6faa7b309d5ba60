package com.alltkn.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.caller.Budget;
import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Limits;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.quota.Admission.Admitted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds of accounts wherever they are kept. Whoever extends it has static `seeds()`, for
/// [#agreesWithANaiveCount(int)].
abstract class QuotasContract {

    static final OptionalLong NONE = OptionalLong.empty();
    static final Demand ONE = new Demand(1, 0);

    private static final int PODS = 3;

    private final List<Pod> fleet = new ArrayList<>();

    /// @return another pod that has the same accounts
    abstract Pod another();

    /// @return the length of the window that a rate counts in, its last slot included
    abstract Duration window();

    /// @return the length of a slot
    abstract Duration slot();

    /// @return a time that grows as that of the accounts does
    abstract long nanos();

    /// Lets some time pass, or none, before something else happens.
    abstract void passSome(Random random);

    @Test
    void admitsAsManyRequestsAMinuteAsItMayWhicheverPodIsAsked() {
        var caller = caller(new Limits(NONE, NONE, OptionalLong.of(4), NONE, NONE), Budget.NONE);

        assertThat(IntStream.range(0, 10).filter(i -> pod(i).isAdmitted(caller, ONE))).hasSize(4);

        assertThat(pod(0).refusal(caller, ONE))
                .isInstanceOfSatisfying(
                        GatewayError.RateLimited.class,
                        limited -> {
                            assertThat(limited.of()).isEqualTo("requests");
                            assertThat(limited.limit()).isEqualTo(4);
                            assertThat(limited.delay()).isBetween(Duration.ofNanos(1), window());
                        });
        assertThat(pod(1).standing(caller).requests())
                .hasValueSatisfying(rate -> {
                    assertThat(rate.limit()).isEqualTo(4);
                    assertThat(rate.remaining()).isZero();
                    assertThat(rate.reset()).isBetween(Duration.ofNanos(1), window());
                });
    }

    @Test
    void letsThroughWhatIsLargerThanTheLimitWhenNothingElseGoesOn() {
        var caller = caller(new Limits(NONE, NONE, NONE, OptionalLong.of(10), NONE), Budget.NONE);

        var large = pod(0).admit(caller, new Demand(50, 50));

        assertThat(pod(1).isAdmitted(caller, ONE)).isFalse();
        large.settle(4);
        awaitNothingUnderWay(pod(1), caller);
        assertThat(pod(1).standing(caller).tokens().orElseThrow().remaining()).isEqualTo(6);
    }

    @Test
    void takesWhatWasUsedInPlaceOfWhatWasSetAside() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(10), OptionalLong.of(1000), NONE),
                        new Budget(OptionalLong.of(5000), OptionalLong.of(9000)));

        var reservation = pod(0).admit(caller, new Demand(100, 400));
        assertThat(reservation.standing().tokens().orElseThrow().remaining()).isEqualTo(500);
        reservation.settle(30);
        reservation.settle(999);
        reservation.release();

        awaitNothingUnderWay(pod(1), caller);
        var standing = pod(1).standing(caller);
        assertThat(standing.tokens().orElseThrow().remaining()).isEqualTo(970);
        assertThat(standing.requests().orElseThrow().remaining()).isEqualTo(9);
        assertThat(standing.daily()).isEqualTo(30);
        assertThat(standing.monthly()).isEqualTo(30);
        assertThat(standing.ownShare()).isFalse();
    }

    @Test
    void chargesMoreThanWasSetAsideIfMoreWasUsed() {
        var caller = caller(Limits.NONE, Budget.NONE);

        pod(0).admit(caller, new Demand(100, 0)).settle(130);

        awaitNothingUnderWay(pod(1), caller);
        assertThat(pod(1).standing(caller).daily()).isEqualTo(130);
    }

    @Test
    void countsWhatWasSetAsideWhereNobodyKnowsWhatWasUsed() {
        var caller = caller(Limits.NONE, Budget.NONE);

        pod(0).admit(caller, new Demand(100, 400)).settleUnknown();

        awaitNothingUnderWay(pod(1), caller);
        assertThat(pod(1).standing(caller).daily()).isEqualTo(500);
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

        pod(0).admit(caller, new Demand(5, 5)).release();

        awaitNothingUnderWay(pod(1), caller);
        assertThat(pod(1).standing(caller))
                .isEqualTo(
                        new Standing(
                                Optional.of(new Standing.Rate(1, 1, Duration.ZERO)),
                                Optional.of(new Standing.Rate(10, 10, Duration.ZERO)),
                                0,
                                0,
                                0,
                                false));
        assertThat(pod(1).isAdmitted(caller, new Demand(5, 5))).isTrue();
    }

    @Test
    void holdsExchangesUnderWayToTheirLimit() {
        var caller = caller(new Limits(NONE, NONE, NONE, NONE, OptionalLong.of(2)), Budget.NONE);
        var first = pod(0).admit(caller, ONE);
        pod(1).admit(caller, ONE);
        assertThat(pod(2).refusal(caller, ONE)).isEqualTo(new GatewayError.TooManyConcurrent(2));

        first.settle(1);

        await().atMost(Duration.ofSeconds(5)).until(() -> pod(2).isAdmitted(caller, ONE));
    }

    @Test
    void keepsCallersApart() {
        var limits = new Limits(NONE, NONE, OptionalLong.of(1), NONE, NONE);
        var a = caller("a", limits, Budget.NONE);
        var b = caller("b", limits, Budget.NONE);
        pod(0).admit(a, ONE);

        assertThat(pod(1).isAdmitted(a, ONE)).isFalse();
        assertThat(pod(1).isAdmitted(b, ONE)).isTrue();
    }

    @Test
    void neverAdmitsOneTooManyHoweverManyAskAtOnce() throws InterruptedException {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(100), NONE, OptionalLong.of(100)),
                        Budget.NONE);
        var admitted = new AtomicInteger();
        IntStream.range(0, PODS).forEach(this::pod);

        try (var threads = Executors.newFixedThreadPool(6)) {
            for (int i = 0; i < 900; i++) {
                var pod = pod(i);
                threads.execute(() -> {
                    if (pod.isAdmitted(caller, ONE)) {
                        admitted.incrementAndGet();
                    }
                });
            }
        }

        assertThat(admitted).hasValue(100);
    }

    /// Whatever several pods do in whatever order: no window holds more than the limits, and once
    /// everything has ended what is taken is what was used.
    @ParameterizedTest
    @MethodSource("seeds")
    void agreesWithANaiveCount(int seed) {
        record Taken(Reservation reservation, long at, long reserved) {}
        var random = new Random(seed);
        var requestLimit = 1 + random.nextInt(200);
        var tokenLimit = 100 + random.nextInt(5_000);
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
        var charged = new ArrayList<Charged>();
        var used = 0L;

        for (int step = 0; step < 2_000; step++) {
            passSome(random);
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
                var asked = nanos();
                if (pod(random.nextInt(PODS)).ask(caller, demand)
                        instanceof Admitted(var reservation)) {
                    open.add(new Taken(reservation, asked, demand.total()));
                }
            }

            // A window less one slot, for its first is only begun.
            var begin = nanos() - window().minus(slot()).toNanos();
            var held = open.stream().filter(one -> one.at() > begin).toList();
            assertThat(Charged.since(begin, charged).count() + held.size())
                    .isLessThanOrEqualTo(requestLimit);
            assertThat(
                            Charged.since(begin, charged).mapToLong(Charged::amount).sum()
                                    + held.stream().mapToLong(Taken::reserved).sum())
                    .isLessThanOrEqualTo(tokenLimit);
            assertThat(open).hasSizeLessThanOrEqualTo(concurrentLimit);
        }
        open.forEach(one -> one.reservation().release());
        awaitNothingUnderWay(pod(1), caller);

        var wide = nanos() - window().toNanos();
        var standing = pod(0).standing(caller);
        var narrow = nanos() - window().minus(slot()).toNanos();
        assertThat(standing.daily()).isEqualTo(used);
        assertThat(requestLimit - standing.requests().orElseThrow().remaining())
                .isBetween(
                        Charged.since(narrow, charged).count(),
                        Charged.since(wide, charged).count());
        assertThat(tokenLimit - standing.tokens().orElseThrow().remaining())
                .isBetween(
                        Charged.since(narrow, charged).mapToLong(Charged::amount).sum(),
                        Charged.since(wide, charged).mapToLong(Charged::amount).sum());
    }

    /// One of three that have the same accounts.
    final Pod pod(int turn) {
        while (fleet.size() <= turn % PODS) {
            fleet.add(another());
        }
        return fleet.get(turn % PODS);
    }

    static void awaitNothingUnderWay(Pod pod, Caller caller) {
        await().atMost(Duration.ofSeconds(5)).until(() -> pod.standing(caller).concurrent() == 0);
    }

    static Caller caller(Limits limits, Budget budget) {
        return caller("some-caller", limits, budget);
    }

    private static Caller caller(String id, Limits limits, Budget budget) {
        var plain = Caller.named(id);
        return new Caller(id, false, true, false, plain.models(), Optional.empty(), limits, budget);
    }

    private record Charged(long at, long amount) {

        static Stream<Charged> since(long begin, List<Charged> charged) {
            return charged.stream().filter(one -> one.at > begin);
        }
    }
}
