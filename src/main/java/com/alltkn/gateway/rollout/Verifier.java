package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.PromptBudget.Need;
import com.alltkn.gateway.rollout.Separation.NotApplicable;
import com.alltkn.gateway.rollout.Separation.Own;
import com.alltkn.gateway.rollout.Separation.SharedWith;
import com.alltkn.gateway.rollout.Separation.Unchecked;
import com.alltkn.gateway.rollout.Settings.ContentId;
import com.alltkn.gateway.rollout.Verdict.Cause;
import com.alltkn.gateway.rollout.Verdict.Good;
import com.alltkn.gateway.rollout.Verdict.Undecided;
import com.alltkn.gateway.secret.KeyFingerprint;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Finds out whether revisions are good: whose key it is, and what a small prompt says, and where
/// that was refused, whose fault it is. It keeps what came of it by content.
///
/// For one thread at a time.
final class Verifier {

    private static final Duration COMPARISONS = Duration.ofMinutes(10);
    private static final Verdict NOT_ASKED = new Undecided("not_asked", false);

    private final RevisionLife.Rules rules;
    private final Revisions revisions;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Prompts prompts;
    private final Evidence evidence;
    private final Verifications verifications = new Verifications();

    /// What keeps a key from being known as this environment's own.
    private final Map<ContentId, Separation> doubts = new HashMap<>();

    private Instant nextComparison = Instant.MIN;

    Verifier(
            RevisionLife.Rules rules,
            Revisions revisions,
            InstantSource clock,
            RandomGenerator random) {
        this.rules = rules;
        this.revisions = revisions;
        this.clock = clock;
        this.random = random;
        this.prompts = new Prompts(rules.probe(), revisions, clock);
        this.evidence = new Evidence(prompts);
    }

    /// @return how far the verification of this content has come
    Verification of(Revision revision) {
        return verifications.of(revision);
    }

    /// @return when a content may be asked about; anything in the past means at once
    Instant due(Revision revision) {
        var verification = of(revision);
        var due = verification.due();
        var allowed = prompts.next(need(verification));
        return due.isBefore(allowed) ? allowed : due;
    }

    boolean isDue(Revision revision) {
        return !due(revision).isAfter(clock.instant());
    }

    /// @return when one that waits may be asked again; anything in the past means at once
    Instant nextAgain() {
        return prompts.next(again());
    }

    /// @return the pauses between two prompts, as there are prompts left
    Verification.Pauses pauses() {
        return new Verification.Pauses(prompts.isPlenty(), random);
    }

    /// Upstream answers requests again: whatever waits for that is asked about soon.
    void trafficRecovered() {
        var spread = Math.round(Verification.RECOVERY_SPREAD.toNanos() * random.nextDouble());
        verifications.hurry(clock.instant().plusNanos(spread));
    }

    /// Somebody waits: whatever is undecided is asked about at once.
    void hurry() {
        verifications.hurry(clock.instant());
    }

    /// @return how many prompts were asked so far
    long prompts() {
        return prompts.asked();
    }

    /// Takes the verification of a revision one step further: a key of another environment is never
    /// sent anywhere, and a prompt is asked if it is time.
    Verdict ask(Revision revision) throws InterruptedException {
        var verification = verifications.of(revision);
        if (!verification.isSeparated()) {
            separate(revision, verification);
        }
        if (!isDue(revision)) {
            return NOT_ASKED;
        }
        var before = verification.last();
        var verdict = verdict(revision, verification);
        verification.take(verdict, clock.instant(), pauses());
        revisions.verified(revision, verdict, before != null && verdict.isLike(before));
        if (verdict instanceof Good) {
            verifications.forget(revision);
        }
        var rejected = verification.rejected();
        if (rejected != null) {
            tell(revision, rejected);
        }
        return verdict;
    }

    /// Asks one prompt now, whatever is known, and changes nothing by it.
    PromptAnswer confirm(Revision revision, String model) {
        return prompts.confirm(revision, model);
    }

    /// Asks whether a key that was refused in traffic is refused by prompts, too; where a prompt
    /// for that model says nothing, for the default one.
    ///
    /// @return for which model, and upstream's words; empty if it is not
    Optional<Confirmed> refusal(Revision revision, String model) {
        var usual = revision.settings().defaultModel();
        return switch (confirm(revision, model)) {
            case PromptAnswer.KeyRefused(var words) -> Optional.of(new Confirmed(model, words));
            case PromptAnswer.Good() -> Optional.empty();
            case PromptAnswer.TurnedAway _,
                    PromptAnswer.QuotaSpent _,
                    PromptAnswer.ModelUnavailable _,
                    PromptAnswer.Nothing _ ->
                    usual.equals(model) ? Optional.empty() : refusal(revision, usual);
        };
    }

    /// Asks whose fault it is that a key was refused for a model just now.
    ///
    /// @param other what is proven beside it
    Evidence.Finding whoseFault(Revision refused, String model, Revision other) {
        return evidence.eachTime(refused, model, other);
    }

    /// Asks whether the key that requests are carried with is refused for one model or for all.
    Evidence.Finding whoseFault(Revision active, String model) {
        return evidence.aboutActive(active, model);
    }

    /// Rejects for what was met after the verification.
    void reject(Revision revision, RejectionReason reason, String sentence) {
        var rejection = new Rejection(reason, sentence);
        verifications.of(revision).reject(rejection);
        tell(revision, rejection);
    }

    /// A pod that starts takes a key that cannot be compared; once it can be, it goes on with it in
    /// any case, for a request that fails helps no environment.
    void compareAgain() throws InterruptedException {
        var active = revisions.activeOrNull();
        if (active == null) {
            return;
        }
        var candidate = revisions.state().candidateOrNull();
        doubts.keySet()
                .removeIf(content ->
                        !content.equals(active.contentId())
                                && (candidate == null || !content.equals(candidate.contentId())));
        if (doubt(active).isPresent() && !clock.instant().isBefore(nextComparison)) {
            nextComparison = clock.instant().plus(COMPARISONS);
            claim(active);
        }
    }

    /// @return what keeps the key of the active revision or the candidate from being known as this
    ///   environment's own; empty where nothing does
    Optional<Separation> doubt(Revision revision) {
        return Optional.ofNullable(doubts.get(revision.contentId()));
    }

    private void separate(Revision revision, Verification verification)
            throws InterruptedException {
        switch (claim(revision)) {
            case Own(), NotApplicable() -> verification.separated();
            case SharedWith(var environment) ->
                    reject(revision, RejectionReason.KEY_SHARED, "key_shared_with_" + environment);
            case Unchecked _ -> {
                if (rules.refuseUnchecked() && revisions.proven().isPresent()) {
                    verification.take(NOT_ASKED, clock.instant(), pauses());
                }
            }
        }
    }

    private Separation claim(Revision revision) throws InterruptedException {
        var content = revision.contentId();
        var separation = rules.registry().claim(KeyFingerprint.of(revision.settings().apiKey()));
        switch (separation) {
            case Own(), NotApplicable() -> doubts.remove(content);
            case SharedWith _ -> doubts.put(content, separation);
            // What is known already is worth more.
            case Unchecked _ -> doubts.putIfAbsent(content, separation);
        }
        return separation;
    }

    private Verdict verdict(Revision revision, Verification verification) {
        var model = revision.settings().defaultModel();
        return switch (prompts.ask(revision, model)) {
            case PromptAnswer.Good() -> new Good();
            case PromptAnswer.KeyRefused(var words) -> refused(revision, verification, words);
            case PromptAnswer.TurnedAway(var words) -> new Verdict.RefusedForNow(Cause.AUTH, words);
            case PromptAnswer.QuotaSpent(var words) -> new Verdict.QuotaSpent(words);
            case PromptAnswer.ModelUnavailable(var words) -> new Verdict.ModelUnavailable(words);
            case PromptAnswer.Nothing(var word, var counts) -> new Undecided(word, counts);
        };
    }

    private Verdict refused(Revision revision, Verification verification, String words) {
        if (!verification.wantsEvidence(clock.instant())) {
            var cause =
                    verification.last() instanceof Verdict.RefusedForNow(var known, _)
                            ? known
                            : Cause.AUTH;
            return new Verdict.RefusedForNow(cause, words);
        }
        var proven = revisions.proven();
        var model = revision.settings().defaultModel();
        var fault =
                proven.isPresent() && verification.isLastToCount()
                        ? evidence.eachTime(revision, model, proven.get())
                        : evidence.about(revision, model, proven);
        var why = words + "; " + fault.sentence();
        if (proven.isEmpty()) {
            verification.evidenceTold(clock.instant());
        } else if (fault instanceof Evidence.Key) {
            return new Verdict.Refused(why);
        } else {
            verification.evidenceTaken(clock.instant());
        }
        return new Verdict.RefusedForNow(
                switch (fault) {
                    case Evidence.Key _ -> Cause.KEY;
                    case Evidence.Upstream(var cause, _) -> cause;
                },
                why);
    }

    private void tell(Revision revision, Rejection rejection) {
        revisions.rejected(
                revision.number(), revision.source(), rejection.reason(), rejection.sentence());
    }

    private Need need(Verification verification) {
        return verification.isFresh() ? Need.AT_ONCE : again();
    }

    private Need again() {
        return revisions.proven().isPresent() ? Need.AGAIN : Need.TO_SERVE;
    }

    /// A refusal that a prompt has confirmed.
    ///
    /// @param model for which model
    /// @param words upstream's own, without the key
    record Confirmed(String model, String words) {}
}
