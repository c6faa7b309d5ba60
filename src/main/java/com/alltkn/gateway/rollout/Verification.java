package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Verdict.Cause;
import com.alltkn.gateway.rollout.Verdict.Good;
import com.alltkn.gateway.rollout.Verdict.ModelUnavailable;
import com.alltkn.gateway.rollout.Verdict.QuotaSpent;
import com.alltkn.gateway.rollout.Verdict.Refused;
import com.alltkn.gateway.rollout.Verdict.RefusedForNow;
import com.alltkn.gateway.rollout.Verdict.Undecided;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// How far the verification of one content has come: when it is to be asked about next, and whether
/// it is rejected.
///
/// A refusal that counts costs one of [#BUDGET]; as a new key can take minutes to become valid, the
/// second comes [#AGAIN] after the first, and the third when [#AT_LAST] have passed since, or later
/// where something came between. A refusal that does not count is followed by another prompt every
/// [#FOR_NOW], and after [#OFTEN] every [#SELDOM] ± 20 %. Whatever says nothing is followed by
/// another within [#UNDECIDED].
///
/// For one thread at a time.
final class Verification {

    static final int BUDGET = 3;
    static final Duration AGAIN = Duration.ofMinutes(1);
    static final Duration AT_LAST = Duration.ofMinutes(10);
    static final Duration UNDECIDED = Duration.ofSeconds(25);
    static final double SPREAD = 0.4;
    static final Duration FOR_NOW = Duration.ofSeconds(25);
    static final Duration OFTEN = Duration.ofMinutes(10);
    static final Duration SELDOM = Duration.ofMinutes(2);

    /// Recovered traffic is seen by every pod at once; upstream shall not get a storm for it.
    static final Duration RECOVERY_SPREAD = Duration.ofSeconds(5);

    private static final Duration HURRY = Duration.ofSeconds(2);

    /// Others are asked again and again as long as they say that it is not the key, less and less
    /// often.
    private static final Duration FIRST_REST = Duration.ofMinutes(3);

    private static final Duration LONGEST_REST = Duration.ofMinutes(10);
    private static final Duration TOLD_AGAIN = Duration.ofMinutes(20);

    // More than anybody writes the same within the life of a pod.
    private static final int MAX_WRITINGS = 16;

    private final Set<String> writings = new LinkedHashSet<>();
    private int counted;
    private Instant asked = Instant.MIN;
    private boolean hurried;
    private boolean askedInHaste;
    private Instant due = Instant.MIN;
    private @Nullable Instant waitingSince;
    private Instant nextEvidence = Instant.MIN;
    private Duration rest = FIRST_REST;
    private @Nullable Verdict last;
    private @Nullable Rejection rejected;
    private boolean separated;

    /// @return one of which nothing is known but how it was written
    Verification anew() {
        var anew = new Verification();
        anew.writings.addAll(writings);
        return anew;
    }

    void take(Verdict verdict, Instant now, Pauses pauses) {
        last = verdict;
        asked = now;
        askedInHaste = hurried;
        hurried = false;
        switch (verdict) {
            case Good() -> due = Instant.MIN;
            case Refused(var words) -> count(words, now);
            case RefusedForNow _, QuotaSpent _, ModelUnavailable _ -> due = later(now, pauses);
            case Undecided(_, var paid) ->
                    due = paid ? later(now, pauses) : now.plus(pauses.undecided());
        }
    }

    /// Others were asked, and the refusal does not count, for nothing proven serves: it is only to
    /// be told what it looks like.
    void evidenceTold(Instant now) {
        nextEvidence = now.plus(TOLD_AGAIN);
    }

    /// Others were asked, and the refusal does not count.
    void evidenceTaken(Instant now) {
        nextEvidence = now.plus(rest);
        var doubled = rest.multipliedBy(2);
        rest = doubled.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : doubled;
    }

    /// @return whether it is time to ask others whose fault a refusal is
    boolean wantsEvidence(Instant now) {
        return !nextEvidence.isAfter(now);
    }

    /// @return whether it is rejected if the next refusal counts
    boolean isLastToCount() {
        return counted == BUDGET - 1;
    }

    /// Rejects without a prompt.
    void reject(Rejection rejection) {
        rejected = rejection;
    }

    /// Takes note that the source has this content by a certain writing.
    ///
    /// @return whether it was written anew
    boolean isWrittenAnew(String writing) {
        var first = writings.isEmpty();
        var anew = writings.add(writing) && !first;
        if (writings.size() > MAX_WRITINGS) {
            writings.remove(writings.iterator().next());
        }
        return anew;
    }

    /// Asks at once, whatever is known: of what was rejected, the next answer decides.
    void reopen() {
        if (isRejected()) {
            counted = BUDGET - 1;
            nextEvidence = Instant.MIN;
            rest = FIRST_REST;
        }
        rejected = null;
        last = null;
        waitingSince = null;
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
    /// upstream; never two in a row, for traffic that comes and goes would ask all the time.
    void hurry(Instant earliest) {
        if (isWaiting() || isUndecided()) {
            var rested = asked.plus(isWaiting() || askedInHaste ? FOR_NOW : HURRY);
            var hastened = rested.isBefore(earliest) ? earliest : rested;
            if (hastened.isBefore(due)) {
                due = hastened;
                hurried = true;
            }
        }
    }

    /// It is its turn, whatever its own time is.
    void takeTurn() {
        due = Instant.MIN;
    }

    @Nullable Rejection rejected() {
        return rejected;
    }

    boolean isRejected() {
        return rejected != null;
    }

    /// @return whether it is rejected, or what is known speaks against its key
    boolean isRefused() {
        return isRejected() || last instanceof Refused || isCause(Cause.KEY);
    }

    /// @return whether it waits until upstream's trouble is over
    boolean isWaiting() {
        return !isRejected()
                && switch (last) {
                    case null -> false;
                    case RefusedForNow _, QuotaSpent _, ModelUnavailable _ -> true;
                    case Undecided(_, var paid) -> paid;
                    case Good(), Refused _ -> false;
                };
    }

    /// @return whether the last prompt said nothing about the key
    boolean isUndecided() {
        return !isRejected()
                && switch (last) {
                    case null -> false;
                    case Undecided _, QuotaSpent _, ModelUnavailable _ -> true;
                    case Good(), Refused _, RefusedForNow _ -> false;
                };
    }

    /// @return whether nothing was asked since it was written
    boolean isFresh() {
        return last == null;
    }

    /// @return since when it waits; now, if it does not
    Instant waitingSince(Instant now) {
        return waitingSince == null ? now : waitingSince;
    }

    Instant asked() {
        return asked;
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

    private void count(String words, Instant now) {
        counted++;
        rest = FIRST_REST;
        waitingSince = null;
        if (counted >= BUDGET) {
            rejected = new Rejection(RejectionReason.KEY_REFUSED, words);
        } else {
            due = now.plus(counted == 1 ? AGAIN : AT_LAST.minus(AGAIN));
            nextEvidence = due;
        }
    }

    private boolean isCause(Cause cause) {
        return last instanceof RefusedForNow(var is, _) && is == cause;
    }

    private Instant later(Instant now, Pauses pauses) {
        if (waitingSince == null) {
            waitingSince = now;
        }
        return now.plus(pauses.waiting(Duration.between(waitingSince, now)));
    }

    /// How long to wait until the next prompt.
    ///
    /// @param plenty whether there are enough prompts left to go on asking often
    /// @param random spreads the pauses
    record Pauses(boolean plenty, RandomGenerator random) {

        /// @param waited for how long upstream's trouble has lasted
        Duration waiting(Duration waited) {
            return isOften(waited)
                    ? FOR_NOW
                    : SELDOM.multipliedBy(800 + Math.round(400 * random.nextDouble()))
                            .dividedBy(1000);
        }

        boolean isOften(Duration waited) {
            return plenty && waited.compareTo(OFTEN) < 0;
        }

        Duration undecided() {
            var factor = 1 - SPREAD * random.nextDouble();
            return Duration.ofNanos(Math.round(UNDECIDED.toNanos() * factor));
        }
    }
}
