package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.quota.Standing.Rate;
import com.alltkn.gateway.redis.Reply;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/// What the script of accounts answered: its verdict, and the account as it is now.
///
/// @param verdict whether the request may go on
/// @param delay how long until it may, where it is a matter of a rate
/// @param since when the account began, by Redis' clock, which tells one account from the next; 0
///   if there is none
/// @param slot the slot that something was taken in
/// @param requests of the last minute
/// @param tokens of the last minute
/// @param concurrent exchanges under way
/// @param spent tokens used and reserved
/// @param blocked whether the caller is blocked
record AccountReply(
        Verdict verdict,
        Duration delay,
        long since,
        long slot,
        Window requests,
        Window tokens,
        long concurrent,
        Spent spent,
        boolean blocked) {

    /// The account of a caller of whom nothing was heard yet.
    static final AccountReply NOTHING =
            new AccountReply(
                    Verdict.ADMITTED,
                    Duration.ZERO,
                    0,
                    0,
                    new Window(0, Duration.ZERO),
                    new Window(0, Duration.ZERO),
                    0,
                    new Spent(0, 0, 0, 0),
                    false);

    static AccountReply of(Reply reply) {
        return new AccountReply(
                Verdict.values()[Math.toIntExact(reply.number(0))],
                micros(reply.number(1)),
                reply.number(2),
                reply.number(3),
                new Window(reply.number(4), micros(reply.number(5))),
                new Window(reply.number(6), micros(reply.number(7))),
                reply.number(8),
                new Spent(reply.number(9), reply.number(10), reply.number(11), reply.number(12)),
                reply.number(13) == 1);
    }

    /// @return this, if the request may go on
    Optional<AccountReply> ifAdmitted() {
        return verdict == Verdict.ADMITTED ? Optional.of(this) : Optional.empty();
    }

    Standing standing(Caller caller) {
        var limits = caller.limits();
        return new Standing(
                requests.rate(limits.requestsPerMinute()),
                tokens.rate(limits.tokensPerMinute()),
                concurrent,
                spent.daily,
                spent.monthly,
                false);
    }

    /// @return what the caller is told; empty if it was admitted
    Optional<GatewayError> refusal(Caller caller) {
        var limits = caller.limits();
        var budget = caller.budget();
        return switch (verdict) {
            case ADMITTED -> Optional.empty();
            case CONCURRENT ->
                    Optional.of(new GatewayError.TooManyConcurrent(most(limits.concurrent())));
            case DAILY ->
                    Optional.of(new GatewayError.BudgetSpent("daily", most(budget.dailyTokens())));
            case MONTHLY ->
                    Optional.of(
                            new GatewayError.BudgetSpent("monthly", most(budget.monthlyTokens())));
            case REQUESTS ->
                    Optional.of(
                            new GatewayError.RateLimited(
                                    "requests", most(limits.requestsPerMinute()), delay));
            case TOKENS ->
                    Optional.of(
                            new GatewayError.RateLimited(
                                    "tokens", most(limits.tokensPerMinute()), delay));
            case BLOCKED -> Optional.of(new GatewayError.CallerBlocked());
        };
    }

    private static long most(OptionalLong limit) {
        return limit.orElseThrow();
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(Math.multiplyExact(micros, 1000));
    }

    /// In the order of the script's numbers for them.
    enum Verdict {
        ADMITTED,
        CONCURRENT,
        DAILY,
        MONTHLY,
        REQUESTS,
        TOKENS,
        BLOCKED
    }

    /// What was taken within the last minute.
    ///
    /// @param taken how much
    /// @param reset how long until none of it counts
    record Window(long taken, Duration reset) {

        Optional<Rate> rate(OptionalLong limit) {
            return limit.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            new Rate(
                                    limit.getAsLong(),
                                    Math.max(0, limit.getAsLong() - taken),
                                    reset));
        }
    }

    /// Tokens used and reserved.
    ///
    /// @param day the day, since 1970
    /// @param daily on it
    /// @param month the month, by a number of its own
    /// @param monthly in it
    record Spent(long day, long daily, long month, long monthly) {}
}
