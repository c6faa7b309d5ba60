package com.alltkn.gateway.upstream;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.GatewayError.RetryAdvice;
import com.alltkn.gateway.upstream.UpstreamGate.Claim;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What may be tried again: the one place that decides it. Nothing is, once a byte of an answer has
/// reached the caller, and no body that is not in memory.
///
/// A POST is repeated if it was never sent, or if upstream itself said that it did not do it (408,
/// 409, 429, 5xx). One that was sent and never answered may have been done, and be paid for, but
/// where an idle connection took it that ended at once: there the cost of a second run, if it is
/// one, is less than the harm of a failure, as long as nothing stored is changed by it. On a 401
/// the exchange moves to another revision, once; only a 401 says that a key is refused, for a
/// caller can cause a 403. Nobody is kept waiting for an upstream that has too much to do while
/// others of the same caller wait to be let in: they would wait in vain. With a fallback model at
/// hand it moves to that where the model is overloaded, silent or unknown. Everything else is the
/// caller's to know.
@Singleton
public class RetryPolicy {

    private final RetryConfig config;
    private final RetryBudget budget;
    private final FreeRepeats freeRepeats;
    private final DoubleSupplier random;
    private final LongAdder repeats = new LongAdder();

    /// @param config how often and how soon
    @Inject
    RetryPolicy(RetryConfig config) {
        this(config, () -> ThreadLocalRandom.current().nextDouble(), System::nanoTime);
    }

    /// @param random numbers from 0 to below 1
    /// @param nanoTime the time, as [System#nanoTime()] tells it
    RetryPolicy(RetryConfig config, DoubleSupplier random, LongSupplier nanoTime) {
        this.config = config;
        this.budget = new RetryBudget(config.budgetPercent(), config.minInFlight());
        this.freeRepeats = new FreeRepeats(nanoTime);
        this.random = random;
    }

    /// An exchange begins to call upstream.
    public void exchangeBegan() {
        budget.exchangeBegan();
    }

    /// It will not do so any more.
    public void exchangeEnded() {
        budget.exchangeEnded();
    }

    /// Tells whether a request that an idle connection loses could be sent anew: the repeat is a
    /// try like any other, but for one that is allowed whatever the number of retries.
    ///
    /// @param effort what the exchange has done, the attempt that may lose it included
    /// @return whether there is a try left for that
    public boolean leavesRepeat(Effort effort) {
        return effort.attempts() <= Math.max(1, config.maxRetries());
    }

    /// Asks to send a request anew that an idle connection has lost. It says nothing of upstream,
    /// so the first ones of a second are nobody's retries.
    ///
    /// @param claim what claim the exchange has to retry
    /// @return whether it may, and at whose expense
    public Repeat repeat(Claim claim) {
        var repeat =
                freeRepeats.tryTake()
                        ? Repeat.FREE
                        : budget.tryRetry(claim) ? Repeat.RETRY : Repeat.NONE;
        if (repeat != Repeat.NONE) {
            repeats.increment();
        }
        return repeat;
    }

    /// @return how often a request was sent anew because an idle connection had lost it
    public long repeats() {
        return repeats.sum();
    }

    /// A retry, which an [Again] or a [Repeat#RETRY] allowed, is over.
    public void retryEnded() {
        budget.retryEnded();
    }

    /// @return how many retries were left out because too many were under way
    public long refused() {
        return budget.refused();
    }

    /// Decides what follows a failed attempt.
    ///
    /// @param error what went wrong
    /// @param sent whether any of the request may have reached upstream
    /// @param left what the exchange still can do
    /// @return the next step; an [Again] has to be given back with [#retryEnded()]
    public Next next(GatewayError error, boolean sent, Left left) {
        if (!left.repeatable()) {
            return new GiveUp(false);
        }
        if (error instanceof GatewayError.UpstreamCredentialsExhausted) {
            return left.otherRevision() ? new OtherRevision() : new GiveUp(false);
        }
        var spent = left.effort().retries() > 0 || left.effort().fallbacks() > 0;
        var inVain = left.claim() == Claim.NONE && UpstreamGate.speaksOfOverload(error);
        if (!inVain
                && left.effort().retries() < config.maxRetries()
                && mayRepeat(error, sent, left)) {
            var wait = wait(error, left);
            if (wait.isPresent() && budget.tryRetry(left.claim())) {
                return new Again(wait.get());
            }
            spent |= wait.isPresent();
        }
        return left.otherModel() && wantsOtherModel(error) ? new OtherModel() : new GiveUp(spent);
    }

    private static boolean mayRepeat(GatewayError error, boolean sent, Left left) {
        return switch (error) {
            case GatewayError.UpstreamUnreachable() -> !sent || left.idempotent();
            case GatewayError.UpstreamTimeout(var clock) ->
                    switch (clock) {
                        case CONNECT, UPSTREAM -> true;
                        case FIRST_BYTE, IDLE, TOTAL -> false;
                    };
            case GatewayError.UpstreamFailed(var advice) -> !advice.never();
            case GatewayError.UpstreamOverloaded(var advice) -> !advice.never();
            case GatewayError.UpstreamRateLimited(_, var advice) -> !advice.never();
            case GatewayError.UpstreamRefused refused ->
                    (refused.status() == 408 || refused.status() == 409)
                            && !refused.advice().never();
            default -> false;
        };
    }

    private static boolean wantsOtherModel(GatewayError error) {
        return switch (error) {
            case GatewayError.UpstreamOverloaded _, GatewayError.UpstreamUnavailable _ -> true;
            case GatewayError.UpstreamTimeout(var clock) ->
                    switch (clock) {
                        case FIRST_BYTE, UPSTREAM -> true;
                        case CONNECT, IDLE, TOTAL -> false;
                    };
            case GatewayError.UpstreamRefused refused -> isModelUnknown(refused);
            default -> false;
        };
    }

    private static boolean isModelUnknown(GatewayError.UpstreamRefused refused) {
        return switch (refused.status()) {
            case 400, 404, 422, 503 ->
                    UpstreamAnswer.saysModelUnavailable(refused.code(), refused.message());
            default -> false;
        };
    }

    /// How long to wait first: what upstream says, else full jitter over a range that doubles
    /// (Brooker, "Exponential Backoff And Jitter", AWS 2015).
    ///
    /// @return empty if that is longer than the caller should be kept waiting, or can be
    private Optional<Duration> wait(GatewayError error, Left left) {
        var range = config.baseDelay().multipliedBy(1L << Math.min(left.effort().retries(), 20));
        var advised = advice(error).flatMap(RetryAdvice::delay);
        var jitter = Duration.ofNanos((long) (range.toNanos() * random.getAsDouble()));
        // Whoever was told the same time comes at the same time, but for the jitter.
        var wait = advised.map(delay -> delay.plus(jitter)).orElse(jitter);
        return Optional.of(wait)
                .filter(_ -> advised.orElse(Duration.ZERO).compareTo(config.longestWait()) <= 0)
                .filter(time -> time.compareTo(left.time()) < 0);
    }

    private static Optional<RetryAdvice> advice(GatewayError error) {
        return Optional.ofNullable(
                switch (error) {
                    case GatewayError.UpstreamFailed(var advice) -> advice;
                    case GatewayError.UpstreamOverloaded(var advice) -> advice;
                    case GatewayError.UpstreamRateLimited(_, var advice) -> advice;
                    case GatewayError.UpstreamRefused refused -> refused.advice();
                    default -> (@Nullable RetryAdvice) null;
                });
    }

    /// What an exchange still can do.
    ///
    /// @param repeatable whether its request can be sent again: nothing of an answer has reached
    ///   the caller, and the body is in memory, or there is none
    /// @param idempotent whether sending it twice is the same as once
    /// @param claim what claim it has to try again where upstream has too much to do
    /// @param effort what it has done already
    /// @param otherRevision whether it may still move to another revision
    /// @param otherModel whether there is a model that it has not asked yet
    /// @param time how long it may still take
    public record Left(
            boolean repeatable,
            boolean idempotent,
            Claim claim,
            Effort effort,
            boolean otherRevision,
            boolean otherModel,
            Duration time) {}

    /// Whether a request may be sent anew that an idle connection has lost.
    public enum Repeat {
        /// It may, beside all retries.
        FREE,
        /// It may, as a retry, which has to be given back with [#retryEnded()].
        RETRY,
        /// It may not.
        NONE
    }

    /// What follows a failed attempt.
    public sealed interface Next {}

    /// Nothing: the caller is told.
    ///
    /// @param spent whether the gateway's own tries are spent, so that the caller should not add
    ///   its own
    public record GiveUp(boolean spent) implements Next {}

    /// The same once more.
    ///
    /// @param delay how long to wait first
    public record Again(Duration delay) implements Next {}

    /// The same on another revision, if there is one.
    public record OtherRevision() implements Next {}

    /// The same with the next model.
    public record OtherModel() implements Next {}
}
