package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/// How many prompts upstream is asked within any hour, over all contents: at most [#MOST]. Each
/// need has its part of them, so that what is only asked again leaves enough for what cannot wait:
/// the first prompt of a version, and those that confirm a roll-back. The last few of a part are
/// spread over the time until the first come back.
///
/// Only what upstream has looked at is spent: an upstream that is silent costs nobody anything, and
/// is to be found well again at once.
///
/// For one thread at a time.
final class PromptBudget {

    static final int MOST = 40;
    static final Duration WINDOW = Duration.ofHours(1);

    private static final int SPREAD = 2;

    /// One content takes as many that is asked every 25 s for ten minutes.
    private static final int PLENTY = 26;

    private final Deque<Instant> spent = new ArrayDeque<>(MOST);

    void spend(Instant now) {
        spent.addLast(now);
    }

    boolean allows(Need need, Instant now) {
        return !next(need, now).isAfter(now);
    }

    /// @return whether there are enough left to go on asking often
    boolean isPlenty(Instant now) {
        forget(now);
        return spent.size() < PLENTY;
    }

    /// @return when the next prompt may be asked; anything in the past means at once
    Instant next(Need need, Instant now) {
        forget(now);
        var left = need.most - spent.size();
        if (left <= 0) {
            return spent.stream().skip(-left).findFirst().orElse(now).plus(WINDOW);
        }
        if (need == Need.AT_ONCE || need == Need.TO_CONFIRM || left > SPREAD || spent.isEmpty()) {
            return Instant.MIN;
        }
        var last = spent.getLast();
        var relief = Duration.between(last, spent.getFirst().plus(WINDOW));
        return last.plus(relief.dividedBy(left + 1));
    }

    private void forget(Instant now) {
        while (!spent.isEmpty() && !spent.getFirst().plus(WINDOW).isAfter(now)) {
            spent.removeFirst();
        }
    }

    /// What a prompt is needed for.
    enum Need {
        /// A version was written.
        AT_ONCE(MOST),
        /// Others are asked, too, or somebody waits; a caller can be at the bottom of it.
        TO_CONFIRM(MOST - 1),
        /// The pod has nothing that is proven.
        TO_SERVE(MOST - 2),
        /// Something proven serves meanwhile.
        AGAIN(MOST - 3);

        private final int most;

        Need(int most) {
            this.most = most;
        }
    }
}
