package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Parsing.Parsed;
import com.alltkn.gateway.rollout.Parsing.Rejected;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Misdirected;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.Rollout.Probation;
import com.alltkn.gateway.rollout.Rollout.Settled;
import com.alltkn.gateway.rollout.Rollout.Starting;
import com.alltkn.gateway.rollout.Rollout.Unproven;
import com.alltkn.gateway.rollout.Rollout.Verifying;
import com.alltkn.gateway.rollout.Separation.NotApplicable;
import com.alltkn.gateway.rollout.Separation.Own;
import com.alltkn.gateway.rollout.Separation.SharedWith;
import com.alltkn.gateway.rollout.Separation.Unchecked;
import com.alltkn.gateway.rollout.Verdict.Good;
import com.alltkn.gateway.rollout.Verdict.QuotaSpent;
import com.alltkn.gateway.rollout.Verdict.Refused;
import com.alltkn.gateway.rollout.Verdict.Undecided;
import com.alltkn.gateway.secret.KeyFingerprint;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Leads revisions through their life: decides, from what the source holds and what prompts say,
/// which transition of [Rollout] comes next. Nothing that a source does takes a revision away; only
/// a better one replaces it.
///
/// It holds no thread and no clock of its own. The loop hands it what was read, then lets it
/// [#act()] until [#due()] lies in the future; one call asks at most one prompt, so that reading
/// and asking take turns.
final class RevisionLife {

    private static final Duration COMPARISONS = Duration.ofMinutes(10);
    private static final Verdict NOT_ASKED = new Undecided("not_asked", false);

    private static final Logger LOG = Logger.getLogger(RevisionLife.class);

    // As many as Vault keeps by default.
    private static final int MAX_STAND_INS = 10;

    // If so many versions say nothing, it is upstream that says nothing; each can take 5 s.
    private static final int ENOUGH_UNDECIDED = 3;

    private final SettingsSource source;
    private final Rules rules;
    private final Revisions revisions;
    private final InstantSource clock;
    private final RandomGenerator random;

    private final RejectedContents unusable = new RejectedContents();
    private final Verifications verifications = new Verifications();

    /// What the source wants to be active; null before it had anything usable.
    private @Nullable Wanted wanted;

    /// Where a pin that leads nowhere was told of; null while none does.
    private @Nullable String astray;

    /// Whether it was told that the pin is refused.
    private boolean pinRefused;

    private Instant probationEnds = Instant.MIN;
    private long prompts;

    /// The content whose key could not be compared with other environments' when last tried.
    private Settings.@Nullable ContentId unchecked;

    private Instant nextComparison = Instant.MIN;

    /// The active content that was told to be refused.
    private Settings.@Nullable ContentId lamented;

    /// Versions to fall back on before there is a proven revision: those not read yet, and those
    /// read. Both the latest write first.
    private List<Long> listed = List.of();

    private final List<Long> unread = new ArrayList<>();
    private final List<Revision> standIns = new ArrayList<>();
    private boolean allRefused;

    RevisionLife(
            SettingsSource source,
            Rules rules,
            Revisions revisions,
            InstantSource clock,
            RandomGenerator random) {
        this.source = source;
        this.rules = rules;
        this.revisions = revisions;
        this.clock = clock;
        this.random = random;
    }

    /// Takes what one read of the source came to.
    void take(Reading reading) throws InterruptedException {
        compareAgain();
        switch (reading) {
            case Found found -> {
                revisions.available(source.name());
                astray = null;
                consider(found);
                list();
            }
            case Unchanged() -> {
                revisions.available(source.name());
                astray = null;
            }
            case Misdirected(var detail) -> {
                revisions.available(source.name());
                if (!detail.equals(astray)) {
                    astray = detail;
                    revisions.raise(Alarm.PIN_TO_NOWHERE, detail);
                }
                list();
            }
            case Unavailable unavailable -> {
                revisions.unavailable(source.name(), unavailable);
                list();
            }
        }
    }

    /// Upstream answers requests again.
    void trafficRecovered() {
        var spread = Math.round(Verification.RECOVERY_SPREAD.toNanos() * random.nextDouble());
        verifications.hurry(clock.instant().plusNanos(spread));
    }

    /// Upstream refuses the active revision in traffic: returns to the previous one, if there is
    /// one and two prompts agree.
    ///
    /// @return whether it has
    boolean rollBackRefused() {
        if (revisions.state() instanceof Probation serving && !isPinned(serving.active())) {
            rollBackOrGoOn(serving);
            return !isActive(serving.active());
        }
        return false;
    }

    /// Upstream refuses the active revision in traffic: looks for another at once, at the cost of
    /// one prompt.
    void replaceRefused() throws InterruptedException {
        var refused = revisions.activeOrNull();
        verifications.hurry(clock.instant());
        var before = prompts;
        while (isActive(refused) && prompts == before && !due().isAfter(clock.instant())) {
            act();
        }
        if (refused != null
                && isActive(refused)
                && revisions.stage() != Stage.PROBATION
                && !refused.contentId().equals(lamented)) {
            lamented = refused.contentId();
            revisions.raise(
                    Alarm.ACTIVE_REFUSED,
                    "upstream answered 401 to the key of version "
                            + refused.number()
                            + ", and nothing better is known");
        }
    }

    private boolean isActive(@Nullable Revision revision) {
        var active = revisions.activeOrNull();
        return revision != null && active != null && active.sameContentAs(revision);
    }

    /// Does the next thing that is due, if any.
    void act() throws InterruptedException {
        switch (revisions.state()) {
            case Starting starting -> start(starting);
            case Unproven unproven -> prove(unproven);
            case Settled settled -> follow(settled);
            case Verifying verifying -> verify(verifying);
            case Probation serving -> serve(serving);
        }
    }

    /// @return when to act again; anything in the past means at once
    Instant due() {
        return switch (revisions.state()) {
            case Starting _ -> undecided().isEmpty() ? nextPrompt() : Instant.MIN;
            case Unproven _ -> nextPrompt();
            case Settled(var active) -> candidate(active).isPresent() ? Instant.MIN : Instant.MAX;
            case Verifying(var active, var candidate) ->
                    candidate(active).filter(candidate::equals).isPresent()
                            ? verifications.of(candidate).due()
                            : Instant.MIN;
            case Probation serving ->
                    isPinned(serving.active()) || interruption(serving).isPresent()
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
                want(new Revision(found.number(), settings, source.name()), found.pinned());
            }
            case Rejected(var reason, var sentence) -> {
                if (unusable.add(digest)) {
                    revisions.rejected(found.number(), source.name(), reason, sentence);
                }
                // Whatever was pinned before is not any more.
                wanted = wanted == null ? null : new Wanted(wanted.revision(), false);
                if (found.pinned()) {
                    revisions.raise(
                            Alarm.PIN_REFUSED,
                            "pinned version " + found.number() + " was rejected: " + sentence);
                }
            }
        }
    }

    private void want(Revision revision, boolean pinned) {
        wanted = new Wanted(revision, pinned);
        pinRefused = false;
        renumber(revision);
        if (pinned) {
            // Whatever is known of it, an operator wants to know it again.
            verifications.of(revision).reopen();
        }
    }

    private void renumber(Revision same) {
        var state = revisions.state();
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
                    case Probation serving -> serving.renumber(same);
                },
                Promotion.PROVEN);
    }

    private boolean isPinned(Revision revision) {
        return wanted != null && wanted.pinned() && wanted.revision().sameContentAs(revision);
    }

    /// @return what should take over from the active revision and may be tried
    private Optional<Revision> candidate(Revision active) {
        return Optional.ofNullable(wanted)
                .map(Wanted::revision)
                .filter(revision -> !revision.sameContentAs(active))
                .filter(revision -> !verifications.of(revision).isRejected());
    }

    // Before anything is proven

    private void list() {
        if (!isProvisional() || listed.equals(source.versions())) {
            return;
        }
        listed = List.copyOf(source.versions());
        standIns.clear();
        unread.clear();
        listed.stream().limit(MAX_STAND_INS).forEach(unread::add);
        allRefused = false;
    }

    private void start(Starting starting) throws InterruptedException {
        var undecided = undecided();
        var next = undecided.size() < ENOUGH_UNDECIDED ? nextToAsk() : Optional.<Revision>empty();
        if (next.isPresent()) {
            if (ask(next.get()) instanceof Good) {
                arrive(starting.adopt(next.get()));
            }
        } else if (!undecided.isEmpty()) {
            revisions.move(starting.makeDo(undecided.getFirst()), Promotion.UNPROVEN);
        } else if (known().findAny().isPresent() && !allRefused) {
            allRefused = true;
            revisions.raise(Alarm.ALL_REFUSED, "upstream refused the key of every version");
        }
    }

    private void prove(Unproven unproven) throws InterruptedException {
        var next = nextToAsk();
        if (next.isEmpty()) {
            return;
        }
        var asked = next.get();
        if (ask(asked) instanceof Good) {
            arrive(
                    asked.sameContentAs(unproven.active())
                            ? unproven.prove()
                            : unproven.giveWayTo(asked));
        } else if (asked.sameContentAs(unproven.active()) && verifications.of(asked).isRejected()) {
            revisions.raise(
                    Alarm.UNPROVEN_REJECTED,
                    "version " + asked.number() + " serves although its key is refused");
        }
    }

    private void arrive(Settled proven) {
        revisions.move(proven, Promotion.PROVEN);
        standIns.clear();
        unread.clear();
    }

    private boolean isProvisional() {
        return switch (revisions.state()) {
            case Starting _, Unproven _ -> true;
            case Settled _, Verifying _, Probation _ -> false;
        };
    }

    /// What could serve, in the order in which it is tried: what the source wants, what serves, and
    /// the versions before.
    private Stream<Revision> known() {
        var first =
                Stream.of(Optional.ofNullable(wanted).map(Wanted::revision), revisions.active())
                        .flatMap(Optional::stream);
        return Stream.concat(first, standIns.stream());
    }

    private List<Revision> undecided() {
        return known().filter(r -> verifications.of(r).isUndecided()).toList();
    }

    private Instant nextPrompt() {
        return unread.isEmpty()
                ? known().map(revision -> verifications.of(revision).due())
                        .min(Comparator.naturalOrder())
                        .orElse(Instant.MAX)
                : Instant.MIN;
    }

    private Optional<Revision> nextToAsk() throws InterruptedException {
        var now = clock.instant();
        var next = known().filter(r -> verifications.of(r).isDue(now)).findFirst();
        return next.isPresent() || unread.isEmpty() ? next : readStandIn();
    }

    private Optional<Revision> readStandIn() throws InterruptedException {
        while (!unread.isEmpty()) {
            var number = unread.removeFirst();
            if (source.readVersion(number) instanceof Found(_, var fields, _)
                    && rules.parser.parse(source.name(), fields) instanceof Parsed(var settings)) {
                var revision = new Revision(number, settings, source.name());
                if (known().noneMatch(revision::sameContentAs)) {
                    standIns.add(revision);
                    if (verifications.of(revision).isDue(clock.instant())) {
                        return Optional.of(revision);
                    }
                }
            }
        }
        return Optional.empty();
    }

    // After that

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
        } else if (verifications.of(candidate.get()).isDue(clock.instant())) {
            if (ask(candidate.get()) instanceof Good) {
                probationEnds = clock.instant().plus(rules.probation);
                revisions.move(verifying.promote(), Promotion.PROVEN);
            } else if (verifications.of(candidate.get()).isRejected()) {
                revisions.move(verifying.giveUp(), Promotion.PROVEN);
            }
        }
    }

    private void serve(Probation serving) {
        var interruption = interruption(serving);
        if (interruption.isPresent()) {
            revisions.move(serving.interrupt(interruption.get()), Promotion.PROVEN);
        } else if (isPinned(serving.active()) || !clock.instant().isBefore(probationEnds)) {
            revisions.move(serving.confirm(), Promotion.PROVEN);
        }
    }

    /// What a single attempt met is confirmed first: a roll-back needs the active key refused and
    /// the previous one good, both now.
    private void rollBackOrGoOn(Probation serving) {
        if (!(confirm(serving.active()) instanceof Refused)) {
            return;
        }
        switch (confirm(serving.previous())) {
            case Good() -> {
                verifications.of(serving.active()).reject(RejectionReason.ROLLED_BACK);
                revisions.move(serving.rollBack(), Promotion.ROLLED_BACK);
                revisions.rejected(
                        serving.active().number(),
                        source.name(),
                        RejectionReason.ROLLED_BACK,
                        "upstream refused the key within its probation");
            }
            // Nothing to return to: whatever waits for the end of the probation may come.
            case Refused() -> revisions.move(serving.confirm(), Promotion.PROVEN);
            case QuotaSpent(), Undecided(_, _) -> {}
        }
    }

    /// Before the first prompt: a key of another environment is never sent anywhere.
    private void separate(Revision revision, Verification verification)
            throws InterruptedException {
        switch (rules.registry.claim(KeyFingerprint.of(revision.settings().apiKey()))) {
            case Own(), NotApplicable() -> verification.separated();
            case SharedWith(var environment) -> {
                verification.reject(RejectionReason.KEY_SHARED);
                revisions.rejected(
                        revision.number(),
                        source.name(),
                        RejectionReason.KEY_SHARED,
                        "key_shared_with_" + environment);
            }
            case Unchecked(var detail) -> {
                if (!revision.contentId().equals(unchecked)) {
                    unchecked = revision.contentId();
                    revisions.raise(Alarm.SEPARATION_UNCHECKED, detail);
                }
                if (rules.refuseUnchecked && !isProvisional()) {
                    verification.take(NOT_ASKED, clock.instant(), random);
                }
            }
        }
    }

    /// A pod that starts takes a key that cannot be compared; once it can be, it goes on with it in
    /// any case, for a request that fails helps no environment.
    private void compareAgain() throws InterruptedException {
        var active = revisions.activeOrNull();
        if (active == null
                || !active.contentId().equals(unchecked)
                || clock.instant().isBefore(nextComparison)) {
            return;
        }
        nextComparison = clock.instant().plus(COMPARISONS);
        switch (rules.registry.claim(KeyFingerprint.of(active.settings().apiKey()))) {
            case Own(), NotApplicable() -> unchecked = null;
            case SharedWith(var environment) -> {
                unchecked = null;
                revisions.raise(Alarm.KEY_SHARED, "key_shared_with_" + environment);
            }
            case Unchecked _ -> {}
        }
    }

    private Verdict confirm(Revision revision) {
        var verdict = verdict(revision);
        revisions.verified(revision, verdict, false);
        return verdict;
    }

    /// @return what does not wait for the end of the probation: what an operator has pinned, or the
    ///   content before, which an operator has written again
    private Optional<Revision> interruption(Probation serving) {
        return candidate(serving.active())
                .filter(r -> isPinned(r) || r.sameContentAs(serving.previous()));
    }

    private Verdict ask(Revision revision) throws InterruptedException {
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
        if (verdict instanceof QuotaSpent && !verdict.equals(before)) {
            revisions.raise(
                    Alarm.QUOTA_SPENT,
                    "the account of version " + revision.number() + " has no quota left");
        }
        if (verdict instanceof Refused && isPinned(revision) && !pinRefused) {
            pinRefused = true;
            revisions.raise(
                    Alarm.PIN_REFUSED,
                    "upstream refused the key of pinned version " + revision.number());
        }
        var rejected = verification.rejected();
        if (rejected != null) {
            revisions.rejected(
                    revision.number(),
                    source.name(),
                    rejected,
                    verdict instanceof Refused
                            ? "upstream refused the key each time it was asked"
                            : "upstream never gave a usable answer");
        }
        return verdict;
    }

    private Verdict verdict(Revision revision) {
        prompts++;
        try {
            return rules.probe.ask(revision.settings());
        } catch (RuntimeException e) {
            LOG.errorf("prompt failed failure=%s", e.getClass().getName());
            return new Verdict.Undecided("fault", false);
        }
    }

    /// What the source wants to be active.
    ///
    /// @param pinned whether an operator asked for this very version
    private record Wanted(Revision revision, boolean pinned) {}

    /// What a candidate has to pass.
    ///
    /// @param parser decides what is acceptable before anything is sent
    /// @param registry tells whose key it is
    /// @param refuseUnchecked whether a candidate waits where the registry cannot tell
    /// @param probe asks upstream
    /// @param probation how long the revision before is kept
    record Rules(
            SettingsParser parser,
            KeyRegistry registry,
            boolean refuseUnchecked,
            RevisionProbe probe,
            Duration probation) {}
}
