package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Budget;
import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Limits;
import java.time.LocalDate;
import java.util.OptionalLong;

/// What this pod knows of a caller's account in Redis, for the time when Redis cannot be asked. Any
/// thread may use it.
final class FleetView {

    private volatile Heard heard = new Heard(AccountReply.NOTHING, 0, 0);
    private volatile long distrustedUntil = Long.MIN_VALUE;

    /// Takes a reply in.
    ///
    /// @param reply of the account
    /// @param own where the caller stands on this pod
    /// @return whether the account that was known before is lost
    boolean hear(AccountReply reply, Standing own) {
        var known = heard.reply.since();
        heard = new Heard(reply, own.daily(), own.monthly());
        return known != 0 && known != reply.since();
    }

    /// Has the account distrusted for some time: what was used before it was lost is not in it.
    ///
    /// @param until by the clock that only grows
    void distrust(long until) {
        distrustedUntil = until;
    }

    boolean isDistrusted(long now) {
        return now < distrustedUntil;
    }

    AccountReply lastReply() {
        return heard.reply;
    }

    /// This pod's share of what a caller may do: its part of each limit, at least one, and of what
    /// was left of each budget, on top of what it used here until then.
    ///
    /// @param caller with its whole limits
    /// @param pods how many share them
    /// @param today the day
    Caller share(Caller caller, int pods, LocalDate today) {
        var last = heard;
        var spent = last.reply.spent();
        var month = today.getYear() * 12L + today.getMonthValue();
        var limits = caller.limits();
        var budget = caller.budget();
        return new Caller(
                caller.id(),
                caller.storedObjects(),
                caller.fallback(),
                caller.blocked(),
                caller.models(),
                caller.defaultModel(),
                new Limits(
                        limits.requestBytes(),
                        limits.outputTokens(),
                        part(limits.requestsPerMinute(), pods),
                        part(limits.tokensPerMinute(), pods),
                        part(limits.concurrent(), pods)),
                new Budget(
                        spent.day() == today.toEpochDay()
                                ? left(budget.dailyTokens(), spent.daily(), last.ownDaily, pods)
                                : part(budget.dailyTokens(), pods),
                        spent.month() == month
                                ? left(
                                        budget.monthlyTokens(),
                                        spent.monthly(),
                                        last.ownMonthly,
                                        pods)
                                : part(budget.monthlyTokens(), pods)));
    }

    /// What a caller used of its budgets: on all pods by what was heard last, and here since then.
    ///
    /// @param own what it used on this pod
    /// @param today the day
    Spending spending(Spending own, LocalDate today) {
        var last = heard;
        var spent = last.reply.spent();
        var month = today.getYear() * 12L + today.getMonthValue();
        return new Spending(
                spent.day() == today.toEpochDay()
                        ? spent.daily() + Math.max(0, own.daily() - last.ownDaily)
                        : own.daily(),
                spent.month() == month
                        ? spent.monthly() + Math.max(0, own.monthly() - last.ownMonthly)
                        : own.monthly());
    }

    private static OptionalLong part(OptionalLong limit, int pods) {
        return limit.isEmpty()
                ? limit
                : OptionalLong.of(
                        Math.min(limit.getAsLong(), Math.max(1, limit.getAsLong() / pods)));
    }

    private static OptionalLong left(OptionalLong limit, long used, long own, int pods) {
        return limit.isEmpty()
                ? limit
                : OptionalLong.of(own + Math.max(0, limit.getAsLong() - used) / pods);
    }

    private record Heard(AccountReply reply, long ownDaily, long ownMonthly) {}
}
