package com.alltkn.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Budget;
import com.alltkn.gateway.caller.Limits;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.laboratory.MutableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Accounts in one process, with a time of their own.
class LocalQuotasTest extends QuotasContract {

    private final MutableClock calendar = new MutableClock(Instant.parse("2026-11-24T10:00:00Z"));
    private long now = 1_000_000_000_000L;
    private final Quotas quotas = new LocalQuotas(new QuotaClock(() -> now, calendar));
    private final Pod pod = new Pod(quotas);

    static IntStream seeds() {
        return IntStream.rangeClosed(1, 15);
    }

    @Override
    Pod another() {
        return pod;
    }

    @Override
    Duration window() {
        return Duration.ofSeconds(61);
    }

    @Override
    Duration slot() {
        return Duration.ofSeconds(1);
    }

    @Override
    long nanos() {
        return now;
    }

    @Override
    void passSome(Random random) {
        now += random.nextLong(Duration.ofMillis(300).toNanos());
    }

    @Test
    void namesAWaitThatIsLongEnoughAndNoLonger() {
        var caller = caller(new Limits(NONE, NONE, NONE, OptionalLong.of(100), NONE), Budget.NONE);
        pod.admit(caller, new Demand(60, 0));
        now += Duration.ofSeconds(7).toNanos();
        pod.admit(caller, new Demand(30, 0));

        var refused = (GatewayError.RateLimited) pod.refusal(caller, new Demand(20, 0));

        now += refused.delay().toNanos() - 1;
        assertThat(pod.isAdmitted(caller, new Demand(20, 0))).isFalse();
        now += 1;
        assertThat(pod.isAdmitted(caller, new Demand(20, 0))).isTrue();
    }

    @Test
    void beginsADayAndAMonthAnew() {
        var caller = caller(Limits.NONE, new Budget(OptionalLong.of(10), OptionalLong.of(15)));
        var late = pod.admit(caller, new Demand(8, 0));
        assertThat(pod.refusal(caller, new Demand(3, 0)))
                .isEqualTo(new GatewayError.BudgetSpent("daily", 10));

        calendar.advance(Duration.ofDays(1));
        assertThat(pod.standing(caller).daily()).isZero();
        assertThat(pod.refusal(caller, new Demand(8, 0)))
                .isEqualTo(new GatewayError.BudgetSpent("monthly", 15));
        late.settle(4);
        assertThat(pod.standing(caller).daily()).isZero();
        assertThat(pod.standing(caller).monthly()).isEqualTo(4);

        calendar.advance(Duration.ofDays(7));
        assertThat(pod.standing(caller).monthly()).isZero();
    }

    @Test
    void forgetsWhatIsAMinuteOld() {
        var caller =
                caller(
                        new Limits(NONE, NONE, OptionalLong.of(3), OptionalLong.of(50), NONE),
                        Budget.NONE);
        pod.admit(caller, new Demand(20, 0)).settle(9);
        var open = pod.admit(caller, new Demand(20, 0));

        now += Duration.ofSeconds(61).toNanos();
        open.release();

        assertThat(pod.standing(caller).requests())
                .contains(new Standing.Rate(3, 3, Duration.ZERO));
        assertThat(pod.standing(caller).tokens())
                .contains(new Standing.Rate(50, 50, Duration.ZERO));
    }
}
