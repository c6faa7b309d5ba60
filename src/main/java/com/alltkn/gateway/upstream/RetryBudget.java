package com.alltkn.gateway.upstream;

import com.alltkn.gateway.upstream.UpstreamGate.Claim;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// How many retries may be under way at once, so that an upstream in trouble is not asked many
/// times as often as usual: a share of the exchanges under way, and a few in any case. A retry
/// counts from the decision for it on, its wait included. The rule and its two numbers are those of
/// Envoy's retry budget. A caller with more under way than others leaves half of it to them.
final class RetryBudget {

    private final int percent;
    private final int always;
    private final AtomicInteger exchanges = new AtomicInteger();
    private final AtomicInteger retries = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    RetryBudget(int percent, int always) {
        this.percent = percent;
        this.always = always;
    }

    void exchangeBegan() {
        exchanges.incrementAndGet();
    }

    void exchangeEnded() {
        exchanges.decrementAndGet();
    }

    /// @param claim of the exchange
    /// @return whether there is room for one more, which is then taken
    boolean tryRetry(Claim claim) {
        var all = Math.max(always, exchanges.get() * (long) percent / 100);
        var most = claim == Claim.FULL ? all : all - all / 2;
        var granted = retries.getAndUpdate(n -> n < most ? n + 1 : n) < most;
        if (!granted) {
            refused.increment();
        }
        return granted;
    }

    void retryEnded() {
        retries.decrementAndGet();
    }

    /// @return how often there was no room
    long refused() {
        return refused.sum();
    }
}
