package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.PromptAnswer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptProbeTest {

    @ParameterizedTest
    @CsvSource({
        "GOOD,good,true",
        "REFUSED,key_refused,true",
        "TURNED_AWAY,turned_away,true",
        "INVALID_ANSWER,invalid_answer,true",
        "QUOTA,quota,true",
        "MODEL_UNAVAILABLE,model_unavailable,true",
        "RATE_LIMITED,rate_limited,false",
        "UPSTREAM_FAILED,upstream_failed,false",
        "TIMED_OUT,timed_out,false",
        "UNREACHABLE,unreachable,false"
    })
    void tellsWhatUpstreamHasLookedAt(PromptOutcome outcome, String word, boolean counts) {
        var answer = PromptProbe.answer(new Prober.Judged(outcome, "words"));

        assertThat(answer.word()).isEqualTo(word);
        assertThat(answer.counts()).isEqualTo(counts);
        assertThat(answer instanceof PromptAnswer.Good).isEqualTo(outcome == PromptOutcome.GOOD);
    }

    @ParameterizedTest
    @CsvSource({"REFUSED", "TURNED_AWAY", "QUOTA", "MODEL_UNAVAILABLE"})
    void handsUpstreamsWordsOn(PromptOutcome outcome) {
        assertThat(PromptProbe.answer(new Prober.Judged(outcome, "their words")).toString())
                .contains("their words");
    }
}
