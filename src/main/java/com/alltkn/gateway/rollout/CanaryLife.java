package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.CanaryTrial.Judgement.NotWorse;
import com.alltkn.gateway.rollout.CanaryTrial.Judgement.Worse;
import com.alltkn.gateway.rollout.Rollout.Canary;
import com.alltkn.gateway.rollout.Rollout.Probation;
import com.alltkn.gateway.rollout.Rollout.Verifying;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BiConsumer;

/// What happens while a proven candidate carries a share of the exchanges: it is compared with the
/// active revision until it is promoted or rejected, or until an operator wants something else. A
/// newer version waits.
///
/// For one thread at a time.
final class CanaryLife {

    private static final Duration LOOKS = Duration.ofSeconds(5);

    /// While a key is refused every exchange says so; a 401 of longer ago has passed.
    static final Duration REFUSED_LATELY = Duration.ofMinutes(1);

    private final CanaryRules rules;
    private final CanaryTraffic traffic;
    private final Wanted wanted;
    private final Verifier verifier;
    private final Revisions revisions;
    private final InstantSource clock;
    private final BiConsumer<Probation, Promotion> promotion;
    private final Confirmations ofCandidate = new Confirmations();

    private Instant activeRefused = Instant.MIN;
    private Instant nextLook = Instant.MIN;

    /// @param promotion makes the candidate the active revision
    CanaryLife(
            CanaryRules rules,
            CanaryTraffic traffic,
            Wanted wanted,
            Verifier verifier,
            Revisions revisions,
            InstantSource clock,
            BiConsumer<Probation, Promotion> promotion) {
        this.rules = rules;
        this.traffic = traffic;
        this.wanted = wanted;
        this.verifier = verifier;
        this.revisions = revisions;
        this.clock = clock;
        this.promotion = promotion;
    }

    /// Upstream answered a request on the active revision with 401.
    void activeRefused() {
        activeRefused = clock.instant();
    }

    /// Whoever pins a version wants all of it, and while the active key is refused there is nothing
    /// to compare with.
    ///
    /// @return whether the candidate, which is proven, shall carry a share first
    boolean isDueFor(Revision candidate) {
        return candidate.settings().canaryPercent() > 0
                && !wanted.isPinned(candidate)
                && clock.instant().isAfter(activeRefused.plus(REFUSED_LATELY));
    }

    void begin(Verifying verifying) {
        var next = verifying.share();
        traffic.watch(new CanaryTrial(next.active(), next.candidate(), rules, clock));
        nextLook = clock.instant().plus(LOOKS);
        ofCandidate.clear();
        revisions.move(next, Promotion.PROVEN);
    }

    void act(Canary trying) {
        var pinned = pinned(trying);
        if (pinned.isPresent()) {
            end(trying.interrupt(pinned.get()));
        } else if (isUnwanted(trying)) {
            end(trying.giveUp());
        } else if (!clock.instant().isBefore(nextLook)) {
            nextLook = clock.instant().plus(LOOKS);
            judge(trying);
        }
    }

    /// @return when to act again
    Instant due(Canary trying) {
        return isUnwanted(trying) || pinned(trying).isPresent() ? Instant.MIN : nextLook;
    }

    /// Upstream answered a request on the candidate with 401: prompts on both decide.
    void confirmCandidate(Canary trying, String model) {
        if (!ofCandidate.isDue(trying.candidate(), model, clock.instant())) {
            return;
        }
        ofCandidate.rest(trying.candidate(), model, clock.instant());
        verifier.refusal(trying.candidate(), model)
                .ifPresent(refusal -> {
                    var fault =
                            verifier.whoseFault(
                                    trying.candidate(), refusal.model(), trying.active());
                    if (fault instanceof Evidence.Key(var sentence, _)) {
                        reject(
                                trying,
                                RejectionReason.KEY_REFUSED,
                                "upstream refused the key within its canary: "
                                        + refusal.words()
                                        + "; "
                                        + sentence);
                    }
                });
    }

    /// Upstream refuses the key of the active revision, and it is the key's fault.
    ///
    /// @param model what the candidate has to be accepted for
    /// @param accepted whether it was just now
    void promoteIfAccepted(Canary trying, String model, boolean accepted) {
        if (accepted || verifier.confirm(trying.candidate(), model) instanceof PromptAnswer.Good) {
            promote(trying, Promotion.PROVEN);
        }
    }

    private void judge(Canary trying) {
        var trial = traffic.trial();
        if (trial == null) {
            throw new IllegalStateException("nobody watches this canary");
        }
        switch (trial.judge()) {
            case Worse(var sentence) ->
                    reject(trying, RejectionReason.CANARY_WORSE, "went worse: " + sentence);
            case NotWorse(var sentence) -> {
                revisions.compared(trying.candidate(), sentence);
                promote(trying, Promotion.COMPARED);
            }
            case CanaryTrial.Judgement.Undecided() -> {}
        }
    }

    private void promote(Canary trying, Promotion how) {
        traffic.watch(null);
        promotion.accept(trying.promote(), how);
    }

    private void reject(Canary trying, RejectionReason reason, String sentence) {
        end(trying.giveUp());
        verifier.reject(trying.candidate(), reason, sentence);
    }

    private void end(Rollout next) {
        traffic.watch(null);
        revisions.move(next, Promotion.PROVEN);
    }

    /// @return whether an operator has written the active content again, or pinned it
    private boolean isUnwanted(Canary trying) {
        return wanted.revision().filter(trying.active()::sameContentAs).isPresent();
    }

    /// @return what an operator has pinned, the candidate itself perhaps: it is verified once more
    private Optional<Revision> pinned(Canary trying) {
        return wanted.revision()
                .filter(wanted::isPinned)
                .filter(revision -> !revision.sameContentAs(trying.active()));
    }
}
