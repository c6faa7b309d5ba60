package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Parsing.Parsed;
import com.alltkn.gateway.rollout.Parsing.Rejected;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Misdirected;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.Rollout.Canary;
import com.alltkn.gateway.rollout.Rollout.Probation;
import com.alltkn.gateway.rollout.Rollout.Settled;
import com.alltkn.gateway.rollout.Rollout.Starting;
import com.alltkn.gateway.rollout.Rollout.Unproven;
import com.alltkn.gateway.rollout.Rollout.Verifying;
import com.alltkn.gateway.rollout.Verdict.Good;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Leads revisions through their life: decides, from what the source holds and what prompts say,
/// which transition of [Rollout] comes next. Nothing that a source does takes a revision away; only
/// a better one replaces it.
///
/// It holds no thread and no clock of its own. The loop hands it what was read, then lets it
/// [#act()] until [#due()] lies in the future; one call asks at most one prompt, so that reading
/// and asking take turns.
final class RevisionLife {

    private final SettingsSource source;
    private final Rules rules;
    private final Revisions revisions;
    private final InstantSource clock;
    private final Verifier verifier;
    private final ColdStart coldStart;
    private final CanaryLife canary;

    private final RejectedContents unusable = new RejectedContents();
    private final Wanted wanted = new Wanted();
    private final StandingAlarms alarms;
    private final Confirmations confirmations = new Confirmations();

    private Instant probationEnds = Instant.MIN;

    /// What was refused like the one before it, so that there is nothing to return to.
    private Settings.@Nullable ContentId refusedAlike;

    RevisionLife(
            SettingsSource source,
            Rules rules,
            Revisions revisions,
            CanaryTraffic traffic,
            InstantSource clock,
            RandomGenerator random) {
        this.source = source;
        this.rules = rules;
        this.revisions = revisions;
        this.clock = clock;
        this.verifier = new Verifier(rules, revisions, clock, random);
        this.coldStart = new ColdStart(source, rules.parser, wanted, verifier, revisions, clock);
        this.canary =
                new CanaryLife(
                        rules.canary, traffic, wanted, verifier, revisions, clock, this::promote);
        this.alarms = new StandingAlarms(wanted, verifier, coldStart, revisions, clock);
    }

    /// Takes what one read of the source came to.
    void take(Reading reading) throws InterruptedException {
        verifier.compareAgain();
        switch (reading) {
            case Found found -> {
                revisions.available(source.name());
                wanted.astray(null);
                consider(found);
                coldStart.listAnew();
            }
            case Unchanged() -> {
                revisions.available(source.name());
                wanted.astray(null);
                coldStart.list();
            }
            case Misdirected(var detail) -> {
                revisions.available(source.name());
                wanted.astray(detail);
                coldStart.list();
            }
            case Unavailable unavailable -> {
                revisions.unavailable(source.name(), unavailable);
                coldStart.list();
            }
        }
    }

    /// Upstream answers requests again.
    void trafficRecovered() {
        verifier.trafficRecovered();
        alarms.trafficRecovered();
    }

    /// Upstream answered a request on the active revision with 401.
    void activeRefused() {
        canary.activeRefused();
        alarms.activeRefused();
    }

    /// @return whether another revision than the active one was proven and is at hand, so that
    ///   nothing has to be asked of the source if the active one is refused
    boolean knowsAnother() {
        return switch (revisions.state()) {
            case Canary _, Probation _ -> true;
            case Starting _, Unproven _, Settled _, Verifying _ -> false;
        };
    }

    /// Upstream refuses the active revision in traffic: goes on with the candidate that carries a
    /// share of it, or returns to the previous one, if there is one and two prompts agree.
    ///
    /// @param model the model that was asked for
    /// @return whether it has
    boolean leaveRefused(String model) {
        var refused = revisions.activeOrNull();
        switch (revisions.state()) {
            case Canary trying -> leaveOrGoOn(trying, model);
            case Probation serving -> {
                if (!wanted.isPinned(serving.active())) {
                    rollBackOrGoOn(serving, model);
                }
            }
            case Starting _, Unproven _, Settled _, Verifying _ -> {}
        }
        return !isActive(refused);
    }

    /// Upstream answered a request on the candidate that carries a share of them with 401: prompts
    /// decide.
    void confirmCandidate(String model) {
        if (revisions.state() instanceof Canary trying) {
            canary.confirmCandidate(trying, model);
        }
    }

    /// Upstream refuses the active revision in traffic: looks for another at once, at the cost of
    /// one prompt, and where there is none, for whose fault it is.
    ///
    /// @param model the model that was asked for
    void replaceRefused(String model) throws InterruptedException {
        var refused = revisions.activeOrNull();
        verifier.hurry();
        var before = verifier.prompts();
        while (isActive(refused)
                && verifier.prompts() == before
                && !due().isAfter(clock.instant())) {
            act();
        }
        // One that is not proven is asked about all the time as it is.
        if (refused != null
                && isActive(refused)
                && revisions.proven().isPresent()
                && !knowsAnother()
                && confirmations.isDue(refused, model, clock.instant())) {
            confirmations.rest(refused, model, clock.instant());
            alarms.nothingBetterThan(refused, model, verifier.whoseFault(refused, model));
        }
    }

    private boolean isActive(@Nullable Revision revision) {
        var active = revisions.activeOrNull();
        return revision != null && active != null && active.sameContentAs(revision);
    }

    /// Does the next thing that is due, if any, and says what somebody has to look at since.
    void act() throws InterruptedException {
        proceed();
        revisions.stand(alarms.now(), alarms.rejection());
    }

    private void proceed() throws InterruptedException {
        switch (revisions.state()) {
            case Starting starting -> coldStart.start(starting);
            case Unproven unproven -> coldStart.prove(unproven);
            case Settled settled -> follow(settled);
            case Verifying verifying -> verify(verifying);
            case Canary trying -> canary.act(trying);
            case Probation serving -> serve(serving);
        }
    }

    /// @return when to act again; anything in the past means at once
    Instant due() {
        return switch (revisions.state()) {
            case Starting _ -> coldStart.dueToStart();
            case Unproven _ -> coldStart.dueToProve();
            case Settled(var active) -> candidate(active).isPresent() ? Instant.MIN : Instant.MAX;
            case Verifying(var active, var candidate) ->
                    candidate(active).filter(candidate::equals).isPresent()
                            ? verifier.due(candidate)
                            : Instant.MIN;
            case Canary trying -> canary.due(trying);
            case Probation serving ->
                    wanted.isPinned(serving.active()) || interruption(serving).isPresent()
                            ? Instant.MIN
                            : probationEnds;
        };
    }

    // What the source has

    private void consider(Found found) {
        var digest = RejectedContents.digest(found.fields());
        switch (rules.parser.parse(source.name(), found.fields())) {
            case Parsed(var settings) -> {
                unusable.forget(digest);
                want(new Revision(found.number(), settings, source.name()), found);
            }
            case Rejected rejected -> {
                if (unusable.add(digest)) {
                    revisions.rejected(
                            found.number(), source.name(), rejected.reason(), rejected.sentence());
                }
                wanted.take(new Wanted.Unusable(found.number(), found.pinned(), rejected));
            }
        }
    }

    private void want(Revision revision, Found found) {
        wanted.take(revision, found.pinned());
        renumber(revision);
        var verification = verifier.of(revision);
        if (verification.isWrittenAnew(found.writing()) || found.pinned()) {
            // Whatever is known of it, an operator wants to know it again.
            verification.reopen();
        }
    }

    private void renumber(Revision same) {
        var state = revisions.state();
        if (state instanceof Canary trying
                && same.sameContentAs(trying.candidate())
                && same.number() != trying.candidate().number()) {
            revisions.move(trying.renumberCandidate(same), Promotion.PROVEN);
            return;
        }
        var active = state.activeOrNull();
        if (active == null || !same.sameContentAs(active) || same.number() == active.number()) {
            return;
        }
        revisions.move(
                switch (state) {
                    case Starting starting -> starting;
                    case Unproven unproven -> unproven.renumber(same);
                    case Settled settled -> settled.renumber(same);
                    case Verifying verifying -> verifying.renumber(same);
                    case Canary trying -> trying.renumber(same);
                    case Probation serving -> serving.renumber(same);
                },
                Promotion.PROVEN);
    }

    /// @return what should take over from the active revision and may be tried
    private Optional<Revision> candidate(Revision active) {
        return wanted.revision()
                .filter(revision -> !revision.sameContentAs(active))
                .filter(revision -> !verifier.of(revision).isRejected());
    }

    // Once something is proven

    private void follow(Settled settled) {
        candidate(settled.active())
                .ifPresent(
                        candidate -> revisions.move(settled.verify(candidate), Promotion.PROVEN));
    }

    private void verify(Verifying verifying) throws InterruptedException {
        var candidate = candidate(verifying.active());
        if (candidate.isEmpty()) {
            revisions.move(verifying.giveUp(), Promotion.PROVEN);
        } else if (!candidate.get().equals(verifying.candidate())) {
            revisions.move(verifying.instead(candidate.get()), Promotion.PROVEN);
        } else if (verifier.isDue(candidate.get())) {
            if (verifier.ask(candidate.get()) instanceof Good) {
                if (canary.isDueFor(candidate.get())) {
                    canary.begin(verifying);
                } else {
                    promote(verifying.promote(), Promotion.PROVEN);
                }
            } else if (verifier.of(candidate.get()).isRejected()) {
                revisions.move(verifying.giveUp(), Promotion.PROVEN);
            }
        }
    }

    private void promote(Probation next, Promotion how) {
        probationEnds = clock.instant().plus(rules.probation);
        confirmations.clear();
        revisions.move(next, how);
    }

    private void serve(Probation serving) {
        var interruption = interruption(serving);
        if (interruption.isPresent()) {
            revisions.move(serving.interrupt(interruption.get()), Promotion.PROVEN);
        } else if (wanted.isPinned(serving.active()) || !clock.instant().isBefore(probationEnds)) {
            revisions.move(serving.confirm(), Promotion.PROVEN);
        }
    }

    /// What a single attempt met is confirmed first: a roll-back needs the active key refused and
    /// the previous one good, both now and for one model.
    private void rollBackOrGoOn(Probation serving, String model) {
        var refusal = confirmed(serving.active(), model);
        if (refusal.isEmpty()) {
            return;
        }
        var asked = refusal.get().model();
        switch (verifier.whoseFault(serving.active(), asked, serving.previous())) {
            case Evidence.Key(var sentence, var accepted) -> {
                if (accepted || isGood(serving.previous(), asked)) {
                    revisions.move(serving.rollBack(), Promotion.ROLLED_BACK);
                    verifier.reject(
                            serving.active(),
                            RejectionReason.ROLLED_BACK,
                            "upstream refused the key within its probation: "
                                    + refusal.get().words()
                                    + "; "
                                    + sentence);
                }
            }
            case Evidence.Upstream upstream -> {
                alarms.nothingBetterThan(serving.active(), asked, upstream);
                refusedAlike = serving.active().contentId();
            }
        }
    }

    private void leaveOrGoOn(Canary trying, String model) {
        var refusal = confirmed(trying.active(), model);
        if (refusal.isEmpty()) {
            return;
        }
        var asked = refusal.get().model();
        switch (verifier.whoseFault(trying.active(), asked, trying.candidate())) {
            case Evidence.Key(_, var accepted) -> canary.promoteIfAccepted(trying, asked, accepted);
            case Evidence.Upstream upstream ->
                    alarms.nothingBetterThan(trying.active(), asked, upstream);
        }
    }

    private Optional<Verifier.Confirmed> confirmed(Revision active, String model) {
        if (!confirmations.isDue(active, model, clock.instant())) {
            return Optional.empty();
        }
        confirmations.rest(active, model, clock.instant());
        return verifier.refusal(active, model);
    }

    private boolean isGood(Revision revision, String model) {
        return verifier.confirm(revision, model) instanceof PromptAnswer.Good;
    }

    /// @return what does not wait for the end of the probation: what an operator has pinned, or the
    ///   content before, which an operator has written again, or whatever comes while both are
    ///   refused
    private Optional<Revision> interruption(Probation serving) {
        return candidate(serving.active())
                .filter(r ->
                        wanted.isPinned(r)
                                || r.sameContentAs(serving.previous())
                                || serving.active().contentId().equals(refusedAlike));
    }

    /// What a candidate has to pass.
    ///
    /// @param parser decides what is acceptable before anything is sent
    /// @param registry tells whose key it is
    /// @param refuseUnchecked whether a candidate waits where the registry cannot tell
    /// @param probe asks upstream
    /// @param canary when a share of the requests has shown enough
    /// @param probation how long the revision before is kept
    record Rules(
            SettingsParser parser,
            KeyRegistry registry,
            boolean refuseUnchecked,
            RevisionProbe probe,
            CanaryRules canary,
            Duration probation) {}
}
