package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.RevisionProbe;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.rollout.Verdict;
import jakarta.inject.Singleton;

/// What the small prompt means for a revision that wants to be promoted.
@Singleton
class PromptProbe implements RevisionProbe {

    private final Prober prober;

    PromptProbe(Prober prober) {
        this.prober = prober;
    }

    @Override
    public Verdict ask(Settings settings) {
        return verdict(prober.ask(settings));
    }

    static Verdict verdict(PromptOutcome outcome) {
        return switch (outcome) {
            case GOOD -> new Verdict.Good();
            case REFUSED -> new Verdict.Refused();
            case QUOTA -> new Verdict.QuotaSpent();
            case INVALID_ANSWER -> new Verdict.Undecided(outcome.word(), true);
            case RATE_LIMITED, UPSTREAM_FAILED, TIMED_OUT, UNREACHABLE ->
                    new Verdict.Undecided(outcome.word(), false);
        };
    }
}
