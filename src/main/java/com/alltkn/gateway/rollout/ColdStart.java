package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Parsing.Parsed;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Rollout.Settled;
import com.alltkn.gateway.rollout.Rollout.Starting;
import com.alltkn.gateway.rollout.Rollout.Unproven;
import com.alltkn.gateway.rollout.Verdict.Good;
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

    private final SettingsSource source;
    private final SettingsParser parser;
    private final Wanted wanted;
    private final Verifier verifier;
    private final Revisions revisions;
    private final InstantSource clock;

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
            if (verifier.ask(next.get()) instanceof Good) {
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
        if (verifier.ask(asked) instanceof Good) {
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
                ? known().map(revision -> verifier.of(revision).due())
                        .min(Comparator.naturalOrder())
                        .orElse(Instant.MAX)
                : Instant.MIN;
    }

    /// @return whether there are versions, all of them were read, and upstream refused each
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
        var first = Stream.of(wanted.revision(), revisions.active()).flatMap(Optional::stream);
        return Stream.concat(first, standIns.stream());
    }

    private List<Revision> undecided() {
        return known().filter(r -> verifier.of(r).isUndecided()).toList();
    }

    private Optional<Revision> nextToAsk() throws InterruptedException {
        var now = clock.instant();
        var next = known().filter(r -> verifier.of(r).isDue(now)).findFirst();
        return next.isPresent() || unread.isEmpty() ? next : readStandIn();
    }

    private Optional<Revision> readStandIn() throws InterruptedException {
        while (!unread.isEmpty()) {
            var number = unread.removeFirst();
            if (source.readVersion(number) instanceof Found(_, var fields, _)
                    && parser.parse(source.name(), fields) instanceof Parsed(var settings)) {
                var revision = new Revision(number, settings, source.name());
                if (known().noneMatch(revision::sameContentAs)) {
                    standIns.add(revision);
                    if (verifier.of(revision).isDue(clock.instant())) {
                        return Optional.of(revision);
                    }
                }
            }
        }
        return Optional.empty();
    }
}
