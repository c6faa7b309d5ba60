package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Verdict.Good;
import com.alltkn.gateway.rollout.Verdict.QuotaSpent;
import com.alltkn.gateway.rollout.Verdict.Refused;
import com.alltkn.gateway.rollout.Verdict.Undecided;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// How far the verification of one content has come: when it is to be asked about next, and whether
/// it is rejected.
///
/// An answer that is not good costs one of [#BUDGET] prompts; as a new key can take minutes to
/// become valid, the second comes [#AGAIN] and the third [#AT_LAST] after the first. Whatever says
/// nothing about the key costs none and is followed by another prompt within [#UNDECIDED].
///
/// For one thread at a time.
final class Verification {

    static final int BUDGET = 3;
    static final Duration AGAIN = Duration.ofMinutes(1);
    static final Duration AT_LAST = Duration.ofMinutes(10);
    static final Duration UNDECIDED = Duration.ofSeconds(25);
    static final double SPREAD = 0.4;

    /// Recovered traffic is seen by every pod at once; upstream shall not get a storm for it.
    static final Duration RECOVERY_SPREAD = Duration.ofSeconds(5);

    private static final Duration HURRY = Duration.ofSeconds(2);

    private int answers;
    private Instant firstAnswer = Instant.MIN;
    private Instant asked = Instant.MIN;
    private Instant due = Instant.MIN;
    private @Nullable Verdict last;
    private @Nullable RejectionReason rejected;
    private boolean separated;

    void take(Verdict verdict, Instant now, RandomGenerator random) {
        last = verdict;
        asked = now;
        switch (verdict) {
            case Good() -> due = Instant.MIN;
            case Refused() -> answered(RejectionReason.KEY_REFUSED, now);
            case QuotaSpent() -> due = soon(now, random);
            case Undecided(_, var answered) -> {
                if (answered) {
                    answered(RejectionReason.NO_USABLE_ANSWER, now);
                } else {
                    due = soon(now, random);
                }
            }
        }
    }

    /// Rejects without a prompt.
    void reject(RejectionReason reason) {
        rejected = reason;
    }

    /// Asks at once, whatever is known: where answers were spent already, the next decides.
    void reopen() {
        answers = isRejected() || answers > 0 ? BUDGET - 1 : 0;
        rejected = null;
        last = null;
        due = Instant.MIN;
    }

    /// The key is this environment's own.
    void separated() {
        separated = true;
    }

    boolean isSeparated() {
        return separated;
    }

    /// Brings the next prompt forward, to this time at the earliest, if it was only waiting for
    /// upstream.
    void hurry(Instant earliest) {
        if (isUndecided()) {
            var rested = asked.plus(HURRY);
            due = earlier(due, rested.isBefore(earliest) ? earliest : rested);
        }
    }

    @Nullable RejectionReason rejected() {
        return rejected;
    }

    boolean isRejected() {
        return rejected != null;
    }

    /// @return whether it is rejected, or the last answer speaks against it
    boolean isRefused() {
        return isRejected() || (last != null && last.answered() && !(last instanceof Good));
    }

    /// @return whether the last prompt said nothing about the key
    boolean isUndecided() {
        return !isRejected() && last != null && !last.answered();
    }

    Instant due() {
        return isRejected() ? Instant.MAX : due;
    }

    boolean isDue(Instant now) {
        return !due().isAfter(now);
    }

    @Nullable Verdict last() {
        return last;
    }

    private void answered(RejectionReason reason, Instant now) {
        answers++;
        if (answers == 1) {
            firstAnswer = now;
        }
        if (answers >= BUDGET) {
            rejected = reason;
        } else {
            due = firstAnswer.plus(answers == 1 ? AGAIN : AT_LAST);
        }
    }

    private static Instant soon(Instant now, RandomGenerator random) {
        var factor = 1 - SPREAD * random.nextDouble();
        return now.plusNanos(Math.round(UNDECIDED.toNanos() * factor));
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
