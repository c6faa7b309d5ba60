package com.alltkn.gateway.rollout;

import com.alltkn.gateway.laboratory.MutableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A rollout's state without a source, for tests of those who only look at it.
public final class MadeUpRevisions {

    private MadeUpRevisions() {}

    /// @return revisions of which none is there yet
    public static Revisions starting() {
        return new Revisions(List.of(), new Signals(Pause.real()));
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
}
