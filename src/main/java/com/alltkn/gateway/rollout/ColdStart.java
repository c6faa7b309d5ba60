package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Parsing.Parsed;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Rollout.Settled;
import com.alltkn.gateway.rollout.Rollout.Starting;
import com.alltkn.gateway.rollout.Rollout.Unproven;
import com.alltkn.gateway.rollout.Verdict.Good;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What happens before anything is proven: the versions that the source still has stand in for one
/// that is refused, the latest write first, and where upstream says nothing of any, the first of
/// them serves unproven.
///
/// For one thread at a time.
final class ColdStart {

    // As many as Vault keeps by default.
    private static final int MAX_STAND_INS = 10;

    // If so many versions say nothing, it is upstream that says nothing; each can take 5 s.
    private static final int ENOUGH_UNDECIDED = 3;

    // So soon after upstream has healed a good key serves.
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(3);
    private static final Duration TURN_OF_TWO = Duration.ofSeconds(80);
    private static final Duration TURN_OF_MORE = Duration.ofMinutes(1);
    private static final int MOST_OLDER_IN_A_ROW = 2;

    private final SettingsSource source;
    private final SettingsParser parser;
    private final Wanted wanted;
    private final Verifier verifier;
    private final Revisions revisions;
    private final InstantSource clock;

    private Instant nextTurn = Instant.MIN;
    private int olderInARow;

    private List<Long> listed = List.of();

    /// Versions not read yet, and those read.
    private final List<Long> unread = new ArrayList<>();

    private final List<Revision> standIns = new ArrayList<>();

    ColdStart(
            SettingsSource source,
            SettingsParser parser,
            Wanted wanted,
            Verifier verifier,
            Revisions revisions,
            InstantSource clock) {
        this.source = source;
        this.parser = parser;
        this.wanted = wanted;
        this.verifier = verifier;
        this.revisions = revisions;
        this.clock = clock;
    }

    /// The source asks for something else: what it asked for before is one of the others now.
    void listAnew() {
        listed = List.of();
        list();
    }

    /// The source was read: takes note of the versions it has, unless something is proven.
    void list() {
        if (revisions.proven().isPresent() || listed.equals(source.versions())) {
            return;
        }
        listed = List.copyOf(source.versions());
        standIns.clear();
        unread.clear();
        listed.stream().limit(MAX_STAND_INS).forEach(unread::add);
    }

    void start(Starting starting) throws InterruptedException {
        var undecided = undecided();
        var next = undecided.size() < ENOUGH_UNDECIDED ? nextToAsk() : Optional.<Revision>empty();
        if (next.isPresent()) {
            if (isGood(next.get())) {
                arrive(starting.adopt(next.get()));
            }
        } else if (!undecided.isEmpty()) {
            revisions.move(starting.makeDo(undecided.getFirst()), Promotion.UNPROVEN);
        }
    }

    void prove(Unproven unproven) throws InterruptedException {
        var next = nextToAsk();
        if (next.isEmpty()) {
            return;
        }
        var asked = next.get();
        if (isGood(asked)) {
            arrive(
                    asked.sameContentAs(unproven.active())
                            ? unproven.prove()
                            : unproven.giveWayTo(asked));
        }
    }

    /// @return when to go on while there is no revision
    Instant dueToStart() {
        return undecided().isEmpty() ? dueToProve() : Instant.MIN;
    }

    /// @return when to go on while one serves unproven
    Instant dueToProve() {
        return unread.isEmpty()
                ? Stream.concat(
                                known().filter(this::isOnItsOwn).map(verifier::due),
                                waiting().isEmpty() ? Stream.empty() : Stream.of(turnDue()))
                        .min(Comparator.naturalOrder())
                        .orElse(Instant.MAX)
                : Instant.MIN;
    }

    /// @return whether there are versions, all of them were read, and as far as can be told it is
    ///   the key of each that upstream refuses
    boolean isAllRefused() {
        return unread.isEmpty()
                && known().findAny().isPresent()
                && known().allMatch(revision -> verifier.of(revision).isRefused());
    }

    private void arrive(Settled proven) {
        revisions.move(proven, Promotion.PROVEN);
        standIns.clear();
        unread.clear();
    }

    /// What could serve, in the order in which it is tried: what the source wants, what serves, and
    /// the versions before.
    Stream<Revision> known() {
        var first = wanted.revision();
        var active = revisions.active().filter(r -> first.filter(r::sameContentAs).isEmpty());
        return Stream.concat(
                Stream.concat(first.stream(), active.stream()),
                standIns.stream()
                        .filter(r -> first.filter(r::sameContentAs).isEmpty())
                        .filter(r -> active.filter(r::sameContentAs).isEmpty()));
    }

    private List<Revision> undecided() {
        return known().filter(r -> verifier.of(r).isUndecided()).toList();
    }

    /// What waits until upstream's trouble is over, the newest first; of those that are asked the
    /// same one stands for all.
    private List<Revision> waiting() {
        var waiting = new ArrayList<Revision>();
        known().filter(r -> verifier.of(r).isWaiting())
                .filter(r -> waiting.stream().noneMatch(w -> w.settings().promptLike(r.settings())))
                .forEach(waiting::add);
        return waiting;
    }

    private boolean isOnItsOwn(Revision revision) {
        return !verifier.of(revision).isWaiting();
    }

    private boolean isGood(Revision revision) throws InterruptedException {
        var verdict = verifier.ask(revision);
        var now = clock.instant();
        var waiting = waiting();
        if (!waiting.isEmpty()) {
            nextTurn = now.plus(pause(waiting, now));
        }
        return verdict instanceof Good;
    }

    /// As if the newest were alone at first, for it is what is wanted; later more often, so that
    /// each has its turn.
    private Duration pause(List<Revision> waiting, Instant now) {
        var since = verifier.of(waiting.getFirst()).waitingSince(now);
        var waited = Duration.between(since, now);
        var contents = waiting.size();
        var pauses = verifier.pauses();
        return pauses.isOften(waited) || contents == 1
                ? pauses.waiting(waited)
                : contents == 2 ? TURN_OF_TWO : TURN_OF_MORE;
    }

    private Instant turnDue() {
        var allowed = verifier.nextAgain();
        return nextTurn.isBefore(allowed) ? allowed : nextTurn;
    }

    private Optional<Revision> nextToAsk() throws InterruptedException {
        var next = known().filter(this::isOnItsOwn).filter(verifier::isDue).findFirst();
        if (next.isPresent()) {
            return next;
        }
        return unread.isEmpty() ? nextInTurn() : readStandIn();
    }

    /// Those that wait take turns within what all of them may ask: the newest, unless an older one
    /// would otherwise wait for too long.
    private Optional<Revision> nextInTurn() {
        var now = clock.instant();
        var waiting = waiting();
        if (waiting.isEmpty() || turnDue().isAfter(now)) {
            return Optional.empty();
        }
        // This very prompt may be the one after which the turns come less often.
        var late = now.plus(TURN_OF_TWO).minus(LONGEST_WAIT);
        var older =
                waiting.stream()
                        .skip(1)
                        .filter(r -> verifier.of(r).asked().isBefore(late))
                        .min(Comparator.comparing(r -> verifier.of(r).asked()));
        var next = older.filter(_ -> olderInARow < MOST_OLDER_IN_A_ROW).orElse(waiting.getFirst());
        olderInARow = next.equals(waiting.getFirst()) ? 0 : olderInARow + 1;
        verifier.of(next).takeTurn();
        return Optional.of(next);
    }

    private Optional<Revision> readStandIn() throws InterruptedException {
        while (!unread.isEmpty()) {
            var number = unread.removeFirst();
            if (source.readVersion(number) instanceof Found(_, var fields, _, _)
                    && parser.parse(source.name(), fields) instanceof Parsed(var settings)) {
                var revision = new Revision(number, settings, source.name());
                // Where another is asked the same, nothing new would be learned.
                if (known().noneMatch(r -> r.settings().promptLike(settings))) {
                    standIns.add(revision);
                    if (verifier.isDue(revision)) {
                        return Optional.of(revision);
                    }
                }
            }
        }
        return Optional.empty();
    }
}
