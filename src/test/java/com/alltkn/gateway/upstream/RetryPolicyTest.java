package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.GatewayError.Clock;
import com.alltkn.gateway.error.GatewayError.RetryAdvice;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.upstream.RetryPolicy.Again;
import com.alltkn.gateway.upstream.RetryPolicy.GiveUp;
import com.alltkn.gateway.upstream.RetryPolicy.Left;
import com.alltkn.gateway.upstream.RetryPolicy.Next;
import com.alltkn.gateway.upstream.RetryPolicy.OtherModel;
import com.alltkn.gateway.upstream.RetryPolicy.OtherRevision;
import com.alltkn.gateway.upstream.RetryPolicy.Repeat;
import com.alltkn.gateway.upstream.UpstreamGate.Claim;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RetryPolicyTest {

    private static final Effort ONE_ATTEMPT = new Effort(1, 0, 0);
    private static final Left FRESH = left(Claim.FULL, ONE_ATTEMPT, false);
    private static final Left WITH_FALLBACK = left(Claim.FULL, ONE_ATTEMPT, true);
    private static final Left TRIED = left(Claim.FULL, new Effort(3, 2, 0), false);
    private static final GatewayError OVERLOADED =
            new GatewayError.UpstreamOverloaded(RetryAdvice.NONE);

    private final AtomicLong nanos = new AtomicLong();
    private final RetryPolicy policy = policy(0.5);

    static Stream<Arguments> decides() {
        var half = new Again(Duration.ofMillis(100));
        var never = new RetryAdvice(Optional.empty(), true);
        return Stream.of(
                Arguments.of(new GatewayError.UpstreamUnreachable(), false, half),
                Arguments.of(new GatewayError.UpstreamUnreachable(), true, new GiveUp(false)),
                Arguments.of(new GatewayError.UpstreamTimeout(Clock.CONNECT), false, half),
                Arguments.of(new GatewayError.UpstreamTimeout(Clock.UPSTREAM), true, half),
                Arguments.of(
                        new GatewayError.UpstreamTimeout(Clock.FIRST_BYTE),
                        true,
                        new GiveUp(false)),
                Arguments.of(
                        new GatewayError.UpstreamTimeout(Clock.TOTAL), true, new GiveUp(false)),
                Arguments.of(new GatewayError.UpstreamFailed(RetryAdvice.NONE), true, half),
                Arguments.of(new GatewayError.UpstreamFailed(never), true, new GiveUp(false)),
                Arguments.of(OVERLOADED, true, half),
                Arguments.of(
                        new GatewayError.UpstreamOverloaded(after(Duration.ofSeconds(5))),
                        true,
                        new Again(Duration.ofMillis(5100))),
                Arguments.of(
                        new GatewayError.UpstreamOverloaded(after(Duration.ofSeconds(6))),
                        true,
                        new GiveUp(false)),
                Arguments.of(
                        new GatewayError.UpstreamRateLimited("slower", RetryAdvice.NONE),
                        true,
                        half),
                Arguments.of(refused(408, null), true, half),
                Arguments.of(refused(409, null), true, half),
                Arguments.of(refused(400, null), true, new GiveUp(false)),
                Arguments.of(refused(404, "model_not_found"), true, new GiveUp(false)),
                Arguments.of(
                        new GatewayError.UpstreamCredentialsExhausted(), true, new OtherRevision()),
                Arguments.of(new GatewayError.UpstreamPermissionDenied(), true, new GiveUp(false)),
                Arguments.of(new GatewayError.UpstreamQuotaExhausted(), true, new GiveUp(false)),
                Arguments.of(new GatewayError.UpstreamInvalidAnswer(), true, new GiveUp(false)),
                Arguments.of(new GatewayError.UpstreamInterrupted(), true, new GiveUp(false)),
                Arguments.of(new GatewayError.Overloaded(), false, new GiveUp(false)),
                Arguments.of(
                        new GatewayError.UpstreamUnavailable(Duration.ofSeconds(1)),
                        false,
                        new GiveUp(false)));
    }

    @ParameterizedTest
    @MethodSource
    void decides(GatewayError error, boolean sent, Next next) {
        assertThat(policy.next(error, sent, FRESH)).isEqualTo(next);
    }

    @ParameterizedTest
    @MethodSource("decides")
    void leavesAloneWhatCannotBeSentAgain(GatewayError error, boolean sent, Next next) {
        var left =
                new Left(false, false, Claim.FULL, ONE_ATTEMPT, true, true, Duration.ofMinutes(1));

        assertThat(policy.next(error, sent, left)).isEqualTo(new GiveUp(false));
    }

    static Stream<GatewayError> fallsBack() {
        return Stream.of(
                new GatewayError.UpstreamTimeout(Clock.FIRST_BYTE),
                new GatewayError.UpstreamUnavailable(Duration.ofSeconds(1)),
                refused(404, "model_not_found"),
                refused(400, "model_not_found"),
                new GatewayError.UpstreamRefused(
                        400, "Model Not Exist", "x", null, "invalid", RetryAdvice.NONE),
                new GatewayError.UpstreamRefused(
                        404, "The model `m` does not exist", "x", null, null, RetryAdvice.NONE),
                new GatewayError.UpstreamOverloaded(new RetryAdvice(Optional.empty(), true)));
    }

    @ParameterizedTest
    @MethodSource
    void fallsBack(GatewayError error) {
        assertThat(policy.next(error, true, WITH_FALLBACK)).isEqualTo(new OtherModel());
    }

    @Test
    void fallsBackOnlyAfterItsRetries() {
        assertThat(policy.next(OVERLOADED, true, WITH_FALLBACK)).isInstanceOf(Again.class);

        var tried = left(Claim.FULL, new Effort(3, 2, 0), true);
        assertThat(policy.next(OVERLOADED, true, tried)).isEqualTo(new OtherModel());
    }

    @Test
    void keepsTheModelWhereTheRequestIsAtFault() {
        assertThat(policy.next(refused(400, "invalid_value"), true, WITH_FALLBACK))
                .isEqualTo(new GiveUp(false));
    }

    @Test
    void repeatsWhatWasSentIfItChangesNothing() {
        var get = new Left(true, true, Claim.FULL, ONE_ATTEMPT, true, false, Duration.ofMinutes(1));

        assertThat(policy.next(new GatewayError.UpstreamUnreachable(), true, get))
                .isInstanceOf(Again.class);
    }

    @Test
    void movesToAnotherRevisionOnce() {
        var moved =
                new Left(true, false, Claim.FULL, ONE_ATTEMPT, false, false, Duration.ofMinutes(1));

        assertThat(policy.next(new GatewayError.UpstreamCredentialsExhausted(), true, moved))
                .isEqualTo(new GiveUp(false));
    }

    @Test
    void saysWhenItsTriesAreSpent() {
        assertThat(policy.next(OVERLOADED, true, TRIED)).isEqualTo(new GiveUp(true));
        assertThat(
                        policy.next(
                                OVERLOADED,
                                true,
                                new Left(
                                        true,
                                        false,
                                        Claim.FULL,
                                        new Effort(2, 0, 1),
                                        true,
                                        false,
                                        Duration.ZERO)))
                .isEqualTo(new GiveUp(true));
    }

    @Test
    void doublesItsRangeWithEachRetry() {
        var again = left(Claim.FULL, new Effort(2, 1, 0), false);

        assertThat(policy.next(OVERLOADED, true, again))
                .isEqualTo(new Again(Duration.ofMillis(200)));
    }

    @Test
    void waitsNoLongerThanTheExchangeMayTake() {
        var late =
                new Left(true, false, Claim.FULL, ONE_ATTEMPT, true, false, Duration.ofMillis(100));

        assertThat(policy.next(OVERLOADED, true, late)).isEqualTo(new GiveUp(false));
    }

    @Test
    void doesNotWaitForABusyUpstreamWhereOthersOfTheCallerWaitAlready() {
        var awaited = left(Claim.NONE, ONE_ATTEMPT, false);

        assertThat(policy.next(OVERLOADED, true, awaited)).isEqualTo(new GiveUp(false));
        assertThat(policy.next(new GatewayError.UpstreamFailed(RetryAdvice.NONE), true, awaited))
                .isInstanceOf(Again.class);
    }

    @Test
    void keepsRetriesUnderWayWithinTheBudget() {
        for (int i = 0; i < 20; i++) {
            policy.exchangeBegan();
        }

        var granted = Stream.generate(() -> policy.next(OVERLOADED, true, FRESH)).limit(10);

        assertThat(granted.filter(Again.class::isInstance)).hasSize(4);
        assertThat(policy.refused()).isEqualTo(6);
        assertThat(policy.next(OVERLOADED, true, FRESH)).isEqualTo(new GiveUp(true));
        policy.retryEnded();
        assertThat(policy.next(OVERLOADED, true, FRESH)).isInstanceOf(Again.class);
    }

    @Test
    void keepsHalfOfTheBudgetForCallersWithLittleUnderWay() {
        for (int i = 0; i < 20; i++) {
            policy.exchangeBegan();
        }
        var much = left(Claim.SMALL, ONE_ATTEMPT, false);

        var granted = Stream.generate(() -> policy.next(OVERLOADED, true, much)).limit(10);

        assertThat(granted.filter(Again.class::isInstance)).hasSize(2);
        assertThat(policy.next(OVERLOADED, true, FRESH)).isInstanceOf(Again.class);
    }

    @Test
    void grantsAFewHoweverLittleIsGoingOn() {
        var granted = Stream.generate(() -> policy.next(OVERLOADED, true, FRESH)).limit(10);

        assertThat(granted.filter(Again.class::isInstance)).hasSize(3);
    }

    @Test
    void repeatsTenLostRequestsWithinAnySecondBesideAllRetriesAndFurtherOnesAsRetries() {
        for (int i = 0; i < 5; i++) {
            assertThat(policy.repeat(Claim.FULL)).isEqualTo(Repeat.FREE);
        }
        nanos.addAndGet(Duration.ofMillis(600).toNanos());
        for (int i = 0; i < 5; i++) {
            assertThat(policy.repeat(Claim.FULL)).isEqualTo(Repeat.FREE);
        }

        // The three retries that are allowed however little is going on.
        assertThat(Stream.generate(() -> policy.repeat(Claim.FULL)).limit(4))
                .containsExactly(Repeat.RETRY, Repeat.RETRY, Repeat.RETRY, Repeat.NONE);
        policy.retryEnded();
        assertThat(policy.repeat(Claim.FULL)).isEqualTo(Repeat.RETRY);
        assertThat(policy.repeats()).isEqualTo(14);

        nanos.addAndGet(Duration.ofMillis(400).toNanos());
        assertThat(Stream.generate(() -> policy.repeat(Claim.FULL)).limit(6))
                .containsOnlyOnce(Repeat.NONE)
                .endsWith(Repeat.FREE, Repeat.NONE);
    }

    @Test
    void countsARepeatAmongTheTriesOfAnExchange() {
        var untried =
                new RetryPolicy(
                        Mappings.read(
                                RetryConfig.class,
                                Map.of("gateway.upstream.retry.max-retries", "0")),
                        () -> 0,
                        nanos::get);

        assertThat(policy.leavesRepeat(new Effort(1, 0, 0))).isTrue();
        assertThat(policy.leavesRepeat(new Effort(2, 1, 0))).isTrue();
        assertThat(policy.leavesRepeat(new Effort(3, 2, 0))).isFalse();
        assertThat(policy.leavesRepeat(new Effort(3, 0, 2))).isFalse();
        assertThat(untried.leavesRepeat(ONE_ATTEMPT)).isTrue();
        assertThat(untried.leavesRepeat(new Effort(2, 1, 0))).isFalse();
    }

    @Test
    void spreadsItsWaitsOverTheWholeRange() {
        assertThat(policy(0).next(OVERLOADED, true, FRESH)).isEqualTo(new Again(Duration.ZERO));
        assertThat(policy(0.999).next(OVERLOADED, true, FRESH))
                .isEqualTo(new Again(Duration.ofNanos(199_800_000)));
    }

    /// What is left of a minute to a request that can be sent again and is not idempotent.
    private static Left left(Claim claim, Effort effort, boolean otherModel) {
        return new Left(true, false, claim, effort, true, otherModel, Duration.ofMinutes(1));
    }

    private RetryPolicy policy(double random) {
        return new RetryPolicy(
                Mappings.read(RetryConfig.class, Map.of()), () -> random, nanos::get);
    }

    private static RetryAdvice after(Duration delay) {
        return new RetryAdvice(Optional.of(delay), false);
    }

    private static GatewayError refused(int status, @Nullable String code) {
        return new GatewayError.UpstreamRefused(status, "no", "x", null, code, RetryAdvice.NONE);
    }
}
