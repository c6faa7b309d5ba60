package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Verdict;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptProbeTest {

    @ParameterizedTest
    @CsvSource({
        "GOOD,good,true",
        "REFUSED,refused,true",
        "INVALID_ANSWER,invalid_answer,true",
        "QUOTA,quota,false",
        "RATE_LIMITED,rate_limited,false",
        "UPSTREAM_FAILED,upstream_failed,false",
        "TIMED_OUT,timed_out,false",
        "UNREACHABLE,unreachable,false"
    })
    void tellsWhetherTheKeyWasLookedAt(PromptOutcome outcome, String word, boolean answered) {
        var verdict = PromptProbe.verdict(outcome);

        assertThat(verdict.word()).isEqualTo(word);
        assertThat(verdict.answered()).isEqualTo(answered);
        assertThat(verdict instanceof Verdict.Good).isEqualTo(outcome == PromptOutcome.GOOD);
        assertThat(verdict instanceof Verdict.Refused).isEqualTo(outcome == PromptOutcome.REFUSED);
    }
}
