package com.alltkn.gateway.rollout;

import java.util.List;

/// A rollout's state without a source, for tests of those who only look at it.
public final class MadeUpRevisions {

    private MadeUpRevisions() {}

    /// @return revisions of which none is there yet
    public static Revisions starting() {
        return new Revisions(List.of(), new Signals(Pause.real()));
    }

    /// Makes a revision the active one.
    ///
    /// @param revisions that have none yet
    /// @param first what carries requests from now on
    public static void settle(Revisions revisions, Revision first) {
        revisions.move(new Rollout.Starting().adopt(first), Promotion.PROVEN);
    }
}
