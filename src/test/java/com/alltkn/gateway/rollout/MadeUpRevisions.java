package com.alltkn.gateway.rollout;

import com.alltkn.gateway.laboratory.MutableClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A rollout's state without a source, for tests of those who only look at it.
public final class MadeUpRevisions {

    private MadeUpRevisions() {}

    /// @return revisions of which none is there yet
    public static Revisions starting() {
        return starting(InstantSource.system());
    }

    /// @param clock the time
    /// @return revisions of which none is there yet
    public static Revisions starting(InstantSource clock) {
        return new Revisions(List.of(), new Signals(Pause.real()), clock);
    }

    /// @param active what carries most
    /// @param candidate what carries a share
    /// @return where exchanges of a canary of an hour ago are told of
    public static CanaryTraffic canary(Revision active, Revision candidate) {
        var traffic = new CanaryTraffic();
        var rules = new CanaryRules(1, 1, Duration.ZERO, () -> 1);
        var clock = new MutableClock(Instant.EPOCH);
        traffic.watch(new CanaryTrial(active, candidate, rules, clock));
        clock.advance(Duration.ofHours(1));
        return traffic;
    }

    /// @return where nobody wants to be told of anything
    public static CanaryTraffic noCanary() {
        return new CanaryTraffic();
    }

    /// Lets something stand.
    ///
    /// @param revisions that know of nothing else after it
    /// @param alarm what somebody has to look at
    /// @param rejection why what the source asks for carries nothing
    /// @param failure why the source gives nothing
    public static void trouble(
            Revisions revisions, Alarm alarm, RejectionReason rejection, SourceFailure failure) {
        revisions.stand(
                Map.of(alarm, "a sentence"), Optional.of(new Rejection(rejection, "a sentence")));
        revisions.unavailable("vault", new Reading.Unavailable(failure, "a detail"));
    }

    /// Makes a revision the active one.
    ///
    /// @param revisions that have none yet
    /// @param first what carries requests from now on
    public static void settle(Revisions revisions, Revision first) {
        revisions.move(new Rollout.Starting().adopt(first), Promotion.PROVEN);
    }

    /// Lets the source answer.
    ///
    /// @param revisions whose source it is
    public static void answer(Revisions revisions) {
        revisions.available("vault");
    }

    /// Begins to prove a revision.
    ///
    /// @param revisions that have none yet
    /// @param active what carries requests
    /// @param candidate what is to be proven
    public static void verify(Revisions revisions, Revision active, Revision candidate) {
        revisions.move(verifying(active, candidate), Promotion.PROVEN);
    }

    /// Lets a proven revision carry a share of the exchanges.
    ///
    /// @param revisions that verify it
    /// @param active what carries most
    /// @param candidate what carries a share
    public static void tryOut(Revisions revisions, Revision active, Revision candidate) {
        revisions.move(verifying(active, candidate).share(), Promotion.PROVEN);
    }

    /// Lets what was tried out carry all.
    ///
    /// @param revisions that try it out
    /// @param active what carried most
    /// @param candidate what carries all
    public static void promote(Revisions revisions, Revision active, Revision candidate) {
        revisions.move(verifying(active, candidate).share().promote(), Promotion.COMPARED);
    }

    private static Rollout.Verifying verifying(Revision active, Revision candidate) {
        return new Rollout.Starting().adopt(active).verify(candidate);
    }
}
