package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.alltkn.gateway.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpstreamAnswerTest {

    private static final String KEY = "test-key-" + UUID.randomUUID();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "KEY_REFUSED|401|application/json|{'error':{'message':'no','code':'invalid_api_key'}}",
                "KEY_REFUSED|401|application/json|{'error':{}}",
                "KEY_REFUSED|401|-|{'error':'Unauthorized'}",
                "KEY_REFUSED|403|application/json|{'error':{'message':'this key is disabled'}}",
                "KEY_REFUSED|400|application/json|{'error':{'message':'x','code':'invalid_api_key'}}",
                "KEY_REFUSED|200|application/json|{'error':{'message':'x','code':'invalid_api_key'}}",
                "KEY_REFUSED|200|application/json|{'error':{'message':'no','code':401}}",
                "KEY_REFUSED|200|application/json|{'error':{'message':'无效的令牌'}}",
                "TURNED_AWAY|401|text/html|<html>log in</html>",
                "TURNED_AWAY|403|text/html; charset=utf-8|{'error':{'code':'invalid_api_key'}}",
                "TURNED_AWAY|403|-|<!doctype html>",
                "TURNED_AWAY|401|text/plain|Unauthorized",
                "TURNED_AWAY|401|-|''",
                "QUOTA_SPENT|402|-|''",
                "QUOTA_SPENT|402|text/html|<html>pay</html>",
                "QUOTA_SPENT|403|application/json|{'error':{'message':'x','code':'insufficient_user_quota'}}",
                "QUOTA_SPENT|403|application/json|{'error':{'message':'x','code':'pre_consume_token_quota_failed'}}",
                "QUOTA_SPENT|429|application/json|{'error':{'message':'x','code':'billing_not_active'}}",
                "QUOTA_SPENT|429|application/json|{'error':{'message':'x','type':'insufficient_quota'}}",
                "QUOTA_SPENT|429|application/json|{'error':{'message':'x','code':'1113'}}",
                "QUOTA_SPENT|400|application/json|{'error':{'message':'Your credit balance is too low'}}",
                "QUOTA_SPENT|400|application/json|{'code':'Arrearage','message':'Access denied'}",
                "QUOTA_SPENT|403|application/json|{'error':{'message':'用户额度不足, 剩余额度: 0'}}",
                "QUOTA_SPENT|401|application/json|{'error':{'message':'该令牌额度已用尽'}}",
                "QUOTA_SPENT|200|application/json|{'error':{'message':'Insufficient Balance'}}",
                "MODEL_UNAVAILABLE|503|application/json|{'error':{'message':'x','code':'model_not_found'}}",
                "MODEL_UNAVAILABLE|503|application/json|{'error':{'message':'No available channel for model m'}}",
                "MODEL_UNAVAILABLE|404|application/json|{'error':{'message':'The model m does not exist'}}",
                "MODEL_UNAVAILABLE|403|application/json|{'error':{'message':'x','code':'channel:no_available_key'}}",
                "MODEL_UNAVAILABLE|200|application/json|{'error':{'message':'当前分组下对于模型 m 无可用渠道'}}",
                "RATE_LIMITED|429|application/json|{'error':{'message':'slow down','code':'rate_limit_exceeded'}}",
                "RATE_LIMITED|200|application/json|{'error':{'message':'x','code':'rate_limit_exceeded'}}",
                "REQUEST_REFUSED|400|application/json|{'error':{'message':'no'}}",
                "REQUEST_REFUSED|404|text/html|<html></html>",
                "ILL|500|application/json|{'error':{'message':'no'}}",
                "ILL|503|application/json|{'error':{'message':'no'}}",
                "ILL|302|-|''",
                "ILL|407|-|''",
                "ILL|200|application/json|{'error':{'message':'something broke'}}",
                "ANSWERED|200|application/json|{'choices':[],'error':null}",
                "ANSWERED|200|application/json|{'choices':[],'error':{}}",
                "ANSWERED|200|text/html|<html>welcome</html>",
            })
    void readsStatusTypeCodeAndWords(String meaning, int status, String type, String body) {
        var bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);

        assertThat(
                        UpstreamAnswer.read(status, type, "\"\"".equals(body) ? new byte[0] : bytes)
                                .meaning())
                .isEqualTo(UpstreamAnswer.Meaning.valueOf(meaning));
    }

    @Test
    void quotesUpstreamWithoutTheKeyInAnyForm() {
        var bytes = KEY.getBytes(StandardCharsets.UTF_8);
        var percent = new StringBuilder();
        var escaped = new StringBuilder();
        for (var b : bytes) {
            percent.append('%').append(HexFormat.of().toHexDigits(b));
            escaped.append("\\u00").append(HexFormat.of().toHexDigits(b));
        }
        var forms =
                List.of(
                        KEY,
                        KEY.toUpperCase(),
                        KEY.substring(0, 12),
                        KEY.substring(9),
                        percent.toString(),
                        percent.toString().replace("%", "%25"),
                        escaped.toString(),
                        HexFormat.of().formatHex(bytes),
                        Base64.getEncoder().encodeToString(bytes),
                        Base64.getEncoder()
                                .encodeToString(("x" + KEY).getBytes(StandardCharsets.UTF_8)),
                        Base64.getEncoder()
                                .encodeToString(("xy" + KEY).getBytes(StandardCharsets.UTF_8)));
        for (var form : forms) {
            var words = UpstreamWords.without(Secret.of(KEY), "no: key <" + form + "> here");

            assertThat(words).as(form).startsWith("no: key").contains("***").endsWith("here");
            for (var i = 0; i + 6 <= form.length(); i++) {
                assertThat(words).as(form).doesNotContain(form.substring(i, i + 6));
            }
            for (var i = 0; i + 6 <= KEY.length(); i++) {
                assertThat(words.toLowerCase())
                        .doesNotContain(KEY.toLowerCase().substring(i, i + 6));
            }
        }
    }

    @Test
    void quotesUpstreamShortlyOnOneLineAndWithoutItsRequestsNumber() {
        var words =
                UpstreamWords.without(
                        Secret.of(KEY),
                        "no \"quota\"\r\nleft (request id: 20261130abc) " + "x ".repeat(500));

        assertThat(words).startsWith("no 'quota' left x x").hasSizeLessThanOrEqualTo(201);
    }

    @Test
    void quotesWhateverIsNotFitForALineAsASpaceAndInNoTime() {
        var words =
                assertTimeoutPreemptively(
                        Duration.ofSeconds(2),
                        () ->
                                UpstreamWords.without(
                                        Secret.of(KEY),
                                        "no" + " ".repeat(60_000) + "\u2028\u202e\u009b\u001bkey"));

        assertThat(words).isEqualTo("no key");
    }
}
