package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Separation.NotApplicable;
import com.alltkn.gateway.rollout.Separation.Own;
import com.alltkn.gateway.rollout.Separation.SharedWith;
import com.alltkn.gateway.rollout.Separation.Unchecked;
import com.alltkn.gateway.rollout.Settings.ContentId;
import com.alltkn.gateway.rollout.Verdict.Good;
import com.alltkn.gateway.rollout.Verdict.Refused;
import com.alltkn.gateway.rollout.Verdict.Undecided;
import com.alltkn.gateway.secret.KeyFingerprint;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/// Finds out whether revisions are good: whose key it is, and what a small prompt says. It keeps
/// what came of it by content.
///
/// For one thread at a time.
final class Verifier {

    private static final Duration COMPARISONS = Duration.ofMinutes(10);
    private static final Verdict NOT_ASKED = new Undecided("not_asked", false);

    private static final Logger LOG = Logger.getLogger(Verifier.class);

    private final RevisionLife.Rules rules;
    private final Revisions revisions;
    private final InstantSource clock;
    private final RandomGenerator random;

    private final Verifications verifications = new Verifications();
    private long prompts;

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
    }

    /// @return how far the verification of this content has come
    Verification of(Revision revision) {
        return verifications.of(revision);
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
        return prompts;
    }

    /// Takes the verification of a revision one step further: a key of another environment is never
    /// sent anywhere, and a prompt is asked if it is time.
    Verdict ask(Revision revision) throws InterruptedException {
        var verification = verifications.of(revision);
        if (!verification.isSeparated()) {
            separate(revision, verification);
        }
        if (verification.isRejected() || !verification.isDue(clock.instant())) {
            return NOT_ASKED;
        }
        var before = verification.last();
        var verdict = verdict(revision);
        verification.take(verdict, clock.instant(), random);
        revisions.verified(revision, verdict, verdict.equals(before));
        if (verdict instanceof Good) {
            verifications.forget(revision);
        }
        var rejected = verification.rejected();
        if (rejected != null) {
            revisions.rejected(
                    revision.number(),
                    revision.source(),
                    rejected,
                    verdict instanceof Refused
                            ? "upstream refused the key each time it was asked"
                            : "upstream never gave a usable answer");
        }
        return verdict;
    }

    /// Asks one prompt now, whatever is known, and changes nothing by it.
    Verdict confirm(Revision revision) {
        var verdict = verdict(revision);
        revisions.verified(revision, verdict, false);
        return verdict;
    }

    /// Rejects for what was met after the verification.
    void reject(Revision revision, RejectionReason reason, String sentence) {
        verifications.of(revision).reject(reason);
        revisions.rejected(revision.number(), revision.source(), reason, sentence);
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
                    verification.take(NOT_ASKED, clock.instant(), random);
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

    private Verdict verdict(Revision revision) {
        prompts++;
        try {
            return rules.probe().ask(revision.settings());
        } catch (RuntimeException e) {
            LOG.errorf("prompt failed failure=%s", e.getClass().getName());
            return new Undecided("fault", false);
        }
    }
}
