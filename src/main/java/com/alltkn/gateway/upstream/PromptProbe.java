package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.ModelList;
import com.alltkn.gateway.rollout.PromptAnswer;
import com.alltkn.gateway.rollout.RevisionProbe;
import com.alltkn.gateway.rollout.Settings;
import jakarta.inject.Singleton;

/// What the small prompt means for a revision that wants to be promoted.
@Singleton
class PromptProbe implements RevisionProbe {

    private final Prober prober;

    PromptProbe(Prober prober) {
        this.prober = prober;
    }

    @Override
    public PromptAnswer ask(Settings settings, String model) {
        return answer(prober.ask(settings, model));
    }

    @Override
    public ModelList models(Settings settings) {
        var models = prober.models(settings);
        return models.judged().outcome() == PromptOutcome.REFUSED
                ? new ModelList.Refused(models.judged().words())
                : new ModelList.Offered(models.names());
    }

    static PromptAnswer answer(Prober.Judged judged) {
        var outcome = judged.outcome();
        return switch (outcome) {
            case GOOD -> new PromptAnswer.Good();
            case REFUSED -> new PromptAnswer.KeyRefused(judged.words());
            case TURNED_AWAY -> new PromptAnswer.TurnedAway(judged.words());
            case QUOTA -> new PromptAnswer.QuotaSpent(judged.words());
            case MODEL_UNAVAILABLE -> new PromptAnswer.ModelUnavailable(judged.words());
            case INVALID_ANSWER -> new PromptAnswer.Nothing(outcome.word(), true);
            case RATE_LIMITED, UPSTREAM_FAILED, TIMED_OUT, UNREACHABLE ->
                    new PromptAnswer.Nothing(outcome.word(), false);
        };
    }
}
