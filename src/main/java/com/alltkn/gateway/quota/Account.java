package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Budget;
import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Limits;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.quota.Admission.Admitted;
import com.alltkn.gateway.quota.Admission.Refused;
import com.alltkn.gateway.quota.Standing.Rate;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.Optional;
import java.util.OptionalLong;

/// One caller's account in this process. The lock guards every field and is held for a few
/// instructions.
final class Account {

    private final SlidingWindow requests = new SlidingWindow();
    private final SlidingWindow tokens = new SlidingWindow();
    private long concurrent;
    private LocalDate day = LocalDate.EPOCH;
    private long daily;
    private YearMonth month = YearMonth.of(0, 1);
    private long monthly;

    /// Admits a request, if every limit and budget has room for it, and takes that room.
    ///
    /// @param caller with its limits as they are now
    /// @param demand what it may cost
    /// @param clock tells the time
    synchronized Admission admit(Caller caller, Demand demand, QuotaClock clock) {
        var now = clock.nanos();
        var limits = caller.limits();
        turn(clock.today());
        var refusal = refusal(limits, caller.budget(), demand, now);
        if (refusal.isPresent()) {
            return new Refused(refusal.get(), standing(limits, now));
        }
        requests.take(now, 1);
        tokens.take(now, demand.total());
        concurrent++;
        daily += demand.total();
        monthly += demand.total();
        return new Admitted(new Held(demand.total(), now, day, standing(limits, now), clock));
    }

    /// @return where the caller stands now
    synchronized Standing standing(Caller caller, QuotaClock clock) {
        turn(clock.today());
        return standing(caller.limits(), clock.nanos());
    }

    /// @return whether anything that was asked still counts within its minute
    synchronized boolean countsAnything(QuotaClock clock) {
        return requests.used(clock.nanos()) > 0;
    }

    private Optional<GatewayError> refusal(Limits limits, Budget budget, Demand demand, long now) {
        if (exceeds(limits.concurrent(), concurrent, 1)) {
            return Optional.of(new GatewayError.TooManyConcurrent(limits.concurrent().getAsLong()));
        }
        if (exceeds(budget.dailyTokens(), daily, demand.total())) {
            return Optional.of(
                    new GatewayError.BudgetSpent("daily", budget.dailyTokens().getAsLong()));
        }
        if (exceeds(budget.monthlyTokens(), monthly, demand.total())) {
            return Optional.of(
                    new GatewayError.BudgetSpent("monthly", budget.monthlyTokens().getAsLong()));
        }
        return rate("requests", limits.requestsPerMinute(), requests, 1, now)
                .or(() -> rate("tokens", limits.tokensPerMinute(), tokens, demand.total(), now));
    }

    /// A request that is larger than the limit itself is let through when nothing else is going on:
    /// it is only estimated, and would wait for ever.
    private static Optional<GatewayError> rate(
            String of, OptionalLong limit, SlidingWindow window, long amount, long now) {
        if (limit.isEmpty()) {
            return Optional.empty();
        }
        var most = limit.getAsLong();
        var wait = window.untilFree(now, most, Math.min(amount, most));
        return wait.isZero()
                ? Optional.empty()
                : Optional.of(new GatewayError.RateLimited(of, most, wait));
    }

    private static boolean exceeds(OptionalLong limit, long used, long more) {
        return limit.isPresent() && used + more > limit.getAsLong();
    }

    private Standing standing(Limits limits, long now) {
        return new Standing(
                rate(limits.requestsPerMinute(), requests, now),
                rate(limits.tokensPerMinute(), tokens, now),
                concurrent,
                daily,
                monthly,
                false);
    }

    private static Optional<Rate> rate(OptionalLong limit, SlidingWindow window, long now) {
        return limit.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Rate(
                                limit.getAsLong(),
                                Math.max(0, limit.getAsLong() - window.used(now)),
                                window.untilEmpty(now)));
    }

    /// A clock that is set back by less than a day begins no day anew.
    private void turn(LocalDate today) {
        if (today.isAfter(day) || today.isBefore(day.minusDays(1))) {
            day = today;
            daily = 0;
            if (!YearMonth.from(today).equals(month)) {
                month = YearMonth.from(today);
                monthly = 0;
            }
        }
    }

    private synchronized void end(Held held, long used, boolean released, QuotaClock clock) {
        var now = clock.nanos();
        turn(clock.today());
        concurrent--;
        if (released) {
            requests.giveBack(now, held.slot(), 1);
        }
        if (used < held.reserved) {
            tokens.giveBack(now, held.slot(), held.reserved - used);
        } else {
            tokens.take(now, used - held.reserved);
        }
        // What was set aside yesterday is not in today's sum.
        if (held.day.equals(day)) {
            daily += used - held.reserved;
        }
        if (YearMonth.from(held.day).equals(month)) {
            monthly += used - held.reserved;
        }
    }

    private final class Held implements Reservation {

        private final long reserved;
        private final long takenAt;
        private final LocalDate day;
        private final Standing standing;
        private final QuotaClock clock;
        private boolean over;

        Held(long reserved, long takenAt, LocalDate day, Standing standing, QuotaClock clock) {
            this.reserved = reserved;
            this.takenAt = takenAt;
            this.day = day;
            this.standing = standing;
            this.clock = clock;
        }

        long slot() {
            return SlidingWindow.slot(takenAt);
        }

        @Override
        public Standing standing() {
            return standing;
        }

        @Override
        public void settle(long tokens) {
            end(tokens, false);
        }

        @Override
        public void settleUnknown() {
            end(reserved, false);
        }

        @Override
        public void release() {
            end(0, true);
        }

        private void end(long used, boolean released) {
            if (!over) {
                over = true;
                Account.this.end(this, used, released, clock);
            }
        }
    }
}
