package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.secret.Secret;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProberTest {

    private static final Secret KEY = Secret.of("test-key-3a6b9c1d7e");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'choices':[{'finish_reason':'stop','message':{'content':'OK'}}]}",
                "{'choices':[{'finish_reason':'length','message':{'content':'no'}}]}",
                "{'choices':[{'finish_reason':'length','message':{'content':'',"
                        + "'reasoning_content':'I am to'}}]}",
                "{'choices':[{'finish_reason':'length','message':{'content':null}}],"
                        + "'usage':{'completion_tokens':32}}",
                "{'choices':[{'finish_reason':'content_filter','message':{'content':'x'}},{}]}",
            })
    void acceptsEveryAnswerWhateverItSays(String body) {
        assertThat(judge(200, body)).isEqualTo(PromptOutcome.GOOD);
        assertThat(judge(201, body)).isEqualTo(PromptOutcome.GOOD);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{'choices':[]}",
                "{'choices':[{'finish_reason':'stop','message':{'content':''}}]}",
                "{'choices':[{'message':{'content':'OK'}}]}",
                "{'choices':[{'finish_reason':null,'message':{'content':'OK'}}]}",
                "{'choices':[{'finish_reason':'stop','message':{'content':'O",
            })
    void takesNothingElseForAnAnswer(String body) {
        assertThat(judge(200, body)).isEqualTo(PromptOutcome.INVALID_ANSWER);
    }

    @ParameterizedTest
    @CsvSource({
        "301, UPSTREAM_FAILED",
        "400, UPSTREAM_FAILED",
        "401, REFUSED",
        "402, QUOTA",
        "403, REFUSED",
        "404, UPSTREAM_FAILED",
        "408, UPSTREAM_FAILED",
        "429, RATE_LIMITED",
        "500, UPSTREAM_FAILED",
        "502, UPSTREAM_FAILED",
        "503, UPSTREAM_FAILED",
        "529, UPSTREAM_FAILED",
    })
    void judgesAnErrorByItsStatus(int status, PromptOutcome outcome) {
        var bare = outcome == PromptOutcome.REFUSED ? PromptOutcome.TURNED_AWAY : outcome;

        assertThat(judge(status, "{'error':{'message':'no','code':null}}")).isEqualTo(outcome);
        assertThat(judge(status, "")).isEqualTo(bare);
        assertThat(judge(status, "<html></html>")).isEqualTo(bare);
        assertThat(judged(status, "text/html", "{'error':{'message':'no'}}").outcome())
                .isEqualTo(bare);
    }

    @ParameterizedTest
    @ValueSource(ints = {402, 403, 429})
    void tellsASpentQuotaFromARefusedKeyAndARate(int status) {
        var body =
                "{'error':{'message':'x','type':'insufficient_quota','code':"
                        + "'insufficient_quota'}}";

        assertThat(judge(status, body)).isEqualTo(PromptOutcome.QUOTA);
    }

    @Test
    void isStillRefusedWhateverTheBodyOfA401Says() {
        assertThat(judge(401, "{'choices':[{'finish_reason':'stop','message':{'content':'x'}}]}"))
                .isEqualTo(PromptOutcome.REFUSED);
    }

    private static PromptOutcome judge(int status, String body) {
        return judged(status, "application/json", body).outcome();
    }

    private static Prober.Judged judged(int status, String type, String body) {
        return Prober.judge(
                status, type, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), KEY);
    }
}
