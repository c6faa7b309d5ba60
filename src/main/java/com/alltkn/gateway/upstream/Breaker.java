package com.alltkn.gateway.upstream;

import com.alltkn.gateway.error.GatewayError;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Leaves an upstream alone that does nothing but fail, and refuses callers at once instead. It
/// opens after a number of failures in a row that took at least a second, so that a moment's
/// trouble does not become an outage. A retry that fails says nothing new and is not counted. From
/// then on one exchange at a time is let through as a trial: one in each interval, and the first of
/// each caller that had no part in the failures, for they may have been that caller's own doing.
/// The first answer closes it.
///
/// Whatever upstream answers to, a refusal of the request included, is no failure of it; a caller
/// who leaves says nothing about it. Time is that of [System#nanoTime()], so that a clock that is
/// set changes nothing. Safe for use by several threads; the lock guards every field and is held
/// for a few instructions.
public final class Breaker {

    private static final long SHORTEST_RUN = TimeUnit.SECONDS.toNanos(1);

    private final int threshold;
    private final long interval;
    private final LongSupplier nanoTime;

    private int failuresInARow;
    private long runBegan;
    private final Set<String> failing = new HashSet<>();
    private boolean open;
    private long nextTrial;
    private @Nullable Pass trial;
    private long trialBegan;

    /// @param config when it opens, and for how long
    /// @param nanoTime the time, as [System#nanoTime()] tells it
    Breaker(BreakerConfig config, LongSupplier nanoTime) {
        this.threshold = config.failures();
        this.interval = config.interval().toNanos();
        this.nanoTime = nanoTime;
    }

    /// Asks for one attempt to be let through.
    ///
    /// @param caller the id of the caller
    /// @param retry whether the same exchange has had a pass before
    /// @return a pass, or how long to wait
    public synchronized Passage tryPass(String caller, boolean retry) {
        var now = nanoTime.getAsLong();
        if (!open) {
            return new Pass(caller, retry, now);
        }
        // A trial that says nothing for an interval stands in nobody's way any more.
        var trying = trial != null && now - trialBegan < interval;
        if (!trying && (now - nextTrial >= 0 || !failing.contains(caller))) {
            var pass = new Pass(caller, retry, now);
            trial = pass;
            trialBegan = now;
            return pass;
        }
        var until = trying ? trialBegan + interval : nextTrial;
        return new Refused(Duration.ofNanos(Math.max(1, until - now)));
    }

    /// @return whether callers are refused
    public synchronized boolean isOpen() {
        return open;
    }

    private synchronized void answered() {
        failuresInARow = 0;
        failing.clear();
        open = false;
        trial = null;
    }

    private synchronized void failed(Pass pass) {
        var now = nanoTime.getAsLong();
        if (open) {
            failing.add(pass.caller);
            if (trial == pass) {
                trial = null;
                nextTrial = now + interval;
            }
            return;
        }
        if (pass.retry) {
            return;
        }
        if (failuresInARow == 0) {
            runBegan = pass.began;
        }
        failuresInARow++;
        failing.add(pass.caller);
        if (threshold > 0 && failuresInARow >= threshold && now - runBegan >= SHORTEST_RUN) {
            open = true;
            nextTrial = now + interval;
        }
    }

    private synchronized void left(Pass pass) {
        if (trial == pass) {
            trial = null;
        }
    }

    /// Whether an attempt may be made.
    public sealed interface Passage {}

    /// It may not.
    ///
    /// @param delay until it is worth asking again
    public record Refused(Duration delay) implements Passage {}

    /// It may, and tells how it went.
    public final class Pass implements Passage {

        private final String caller;
        private final boolean retry;
        private final long began;

        private Pass(String caller, boolean retry, long began) {
            this.caller = caller;
            this.retry = retry;
            this.began = began;
        }

        /// Upstream has answered, be it with a refusal.
        public void answered() {
            Breaker.this.answered();
        }

        /// The attempt failed, be it upstream's own failure or not.
        ///
        /// @param error how
        public void failed(GatewayError error) {
            switch (error) {
                case GatewayError.UpstreamUnreachable _,
                        GatewayError.UpstreamTimeout _,
                        GatewayError.UpstreamInterrupted _,
                        GatewayError.UpstreamInvalidAnswer _,
                        GatewayError.UpstreamFailed _,
                        GatewayError.UpstreamOverloaded _ ->
                        Breaker.this.failed(this);
                case GatewayError.UpstreamRefused _,
                        GatewayError.UpstreamRateLimited _,
                        GatewayError.UpstreamCredentialsExhausted _,
                        GatewayError.UpstreamQuotaExhausted _,
                        GatewayError.UpstreamPermissionDenied _ ->
                        answered();
                default -> left();
            }
        }

        /// The attempt was given up before it could show anything.
        public void left() {
            Breaker.this.left(this);
        }
    }
}
