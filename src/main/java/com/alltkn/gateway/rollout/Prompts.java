package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.PromptBudget.Need;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jboss.logging.Logger;

/// Asks upstream. Every question of the rollout goes through here, so that they are counted
/// together; a fault of ours is an answer that says nothing.
///
/// For one thread at a time.
final class Prompts {

    private static final Logger LOG = Logger.getLogger(Prompts.class);
    private static final PromptAnswer FAULT = new PromptAnswer.Nothing("fault", false);

    private final RevisionProbe probe;
    private final Revisions revisions;
    private final InstantSource clock;
    private final PromptBudget budget = new PromptBudget();
    private long asked;

    Prompts(RevisionProbe probe, Revisions revisions, InstantSource clock) {
        this.probe = probe;
        this.revisions = revisions;
        this.clock = clock;
    }

    boolean mayAsk(Need need) {
        return budget.allows(need, clock.instant());
    }

    /// @return when the next one may be asked; anything in the past means at once
    Instant next(Need need) {
        return budget.next(need, clock.instant());
    }

    /// @return whether there are enough left to go on asking often
    boolean isPlenty() {
        return budget.isPlenty(clock.instant());
    }

    /// @return how many were asked so far
    long asked() {
        return asked;
    }

    /// Asks once, within the budget or not.
    PromptAnswer ask(Revision revision, String model) {
        asked++;
        var now = clock.instant();
        try {
            var answer = probe.ask(revision.settings(), model);
            if (answer.counts()) {
                budget.spend(now);
            }
            return answer;
        } catch (RuntimeException e) {
            LOG.errorf("prompt failed failure=%s", e.getClass().getName());
            return FAULT;
        }
    }

    /// Asks once to confirm what was met elsewhere, and tells of it. Says nothing where the budget
    /// is spent.
    PromptAnswer confirm(Revision revision, String model) {
        if (!mayAsk(Need.TO_CONFIRM)) {
            return new PromptAnswer.Nothing("budget_spent", false);
        }
        var answer = ask(revision, model);
        revisions.confirmed(revision, model, answer);
        return answer;
    }

    ModelList models(Revision revision) {
        try {
            return probe.models(revision.settings());
        } catch (RuntimeException e) {
            LOG.errorf("list of models failed failure=%s", e.getClass().getName());
            return new ModelList.Offered(List.of());
        }
    }
}
