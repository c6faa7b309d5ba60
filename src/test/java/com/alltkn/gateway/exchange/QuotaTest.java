package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a caller with limits gets. The counts of a minute go on from test to test, so each looks at
/// what changes.
@QuarkusTest
class QuotaTest extends ExchangeTest {

    private static final String ERROR =
            "{\"error\":{\"message\":\"no\",\"type\":\"server_error\",\"param\":null,\"code\":null}}";

    @Test
    void tellsOfItsOwnLimitsOnEveryAnswer() throws IOException {
        var before = usage();

        var response = ask(CHAT);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("x-ratelimit-limit-requests")).contains("1000");
        assertThat(response.header("x-ratelimit-limit-tokens")).contains("100000");
        assertThat(response.header("x-ratelimit-remaining-requests"))
                .contains(Integer.toString(remaining(before, "requests_per_minute") - 1));
        assertThat(response.header("x-ratelimit-reset-requests").orElseThrow())
                .matches("1m[01]s|[0-9]+s");
        assertThat(response.header("x-ratelimit-reset-tokens")).isPresent();
    }

    @Test
    void chargesWhatUpstreamCounted() throws IOException {
        var before = usage();

        ask(CHAT);

        var after = usage();
        assertThat(remaining(before, "tokens_per_minute") - remaining(after, "tokens_per_minute"))
                .isEqualTo(6);
        assertThat(used(after, "daily_tokens") - used(before, "daily_tokens")).isEqualTo(6);
        assertThat(used(after, "concurrent")).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 429, 500, 503})
    void chargesNothingForWhatUpstreamRefused(int status) throws IOException {
        laboratory.upstream().answer(Script.json(status, ERROR));
        var before = usage();

        ask(CHAT);

        var after = usage();
        assertThat(after.path("requests_per_minute").path("remaining"))
                .isEqualTo(before.path("requests_per_minute").path("remaining"));
        assertThat(used(after, "daily_tokens")).isEqualTo(used(before, "daily_tokens"));
    }

    @Test
    void chargesWhatWasSetAsideWhereUsageIsUnknown() throws IOException {
        laboratory.upstream().answer(Script.json(200, "{\"choices\":[]}"));
        var before = usage();

        ask(CHAT);

        assertThat(used(usage(), "daily_tokens") - used(before, "daily_tokens"))
                .isEqualTo(CHAT.length() / 4 + 1 + 50);
    }

    @Test
    void chargesForABrokenStreamWhatHadCome() throws IOException {
        laboratory.upstream().answer(Script.sseHead().chunk(HELLO).cut());
        var before = usage();

        ask(STREAMED_CHAT);

        var charged = used(usage(), "daily_tokens") - used(before, "daily_tokens");
        assertThat(charged).isBetween(STREAMED_CHAT.length() / 4, STREAMED_CHAT.length() / 4 + 51);
    }

    @Test
    void givesBackWhatACallerWhoLeftHadNotGot() throws IOException {
        laboratory.upstream().answer(Script.silence());
        var before = usage();
        try (var connection = connect()) {
            connection.send(request(CHAT));
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> laboratory.upstream().requests().size() == 1);
        }

        assertThat(used(usage(), "daily_tokens")).isEqualTo(used(before, "daily_tokens"));
    }

    @Test
    void refusesMoreAtOnceThanItsCallerMay() throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.silence());
        try (var first = connect();
                var second = connect()) {
            first.send(request(CHAT));
            second.send(request(CHAT));
            laboratory.upstream().awaitRequest(2, SOON);

            var third = ask(CHAT);

            assertEnvelope(third, 429, "rate_limit_exceeded");
            assertThat(third.header("retry-after")).contains("1");
            assertThat(third.header("retry-after-ms")).contains("1000");
            assertThat(third.header("x-ratelimit-limit-requests")).contains("1000");
            assertThat(laboratory.upstream().requests()).hasSize(2);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions|{\"model\":\"some-model\",\"x\":1}"
                        + "|{\"max_tokens\":50,\"model\":\"some-model\",\"x\":1}",
                "/v1/chat/completions|{\"max_tokens\":51,\"model\":\"some-model\"}"
                        + "|{\"max_tokens\":50,\"model\":\"some-model\"}",
                "/v1/chat/completions|{\"max_tokens\":49,\"model\":\"some-model\"}"
                        + "|{\"max_tokens\":49,\"model\":\"some-model\"}",
                "/v1/chat/completions|{\"model\":\"some-model\",\"max_completion_tokens\":null}"
                        + "|{\"model\":\"some-model\",\"max_completion_tokens\":50}",
                "/v1/chat/completions|{\"model\":\"some-model\",\"max_completion_tokens\":1e9,"
                        + "\"max_tokens\":-1}"
                        + "|{\"model\":\"some-model\",\"max_completion_tokens\":50,"
                        + "\"max_tokens\":50}",
                "/v1/responses|{\"model\":\"some-model\",\"input\":\"x\"}"
                        + "|{\"max_output_tokens\":50,\"model\":\"some-model\",\"input\":\"x\"}",
                "/v1/embeddings|{\"model\":\"some-model\",\"input\":\"x\"}"
                        + "|{\"model\":\"some-model\",\"input\":\"x\"}",
            })
    void boundsWhatIsWritten(String path, String asked, String sent) throws IOException {
        send(RawHttp.post(path, asked, withKey(laboratory.limitedCallerKey())));

        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(sent);
    }

    /// The fields of other operations, too, for nobody knows which of them a server reads.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "chat/completions|max_output_tokens|max_tokens",
                "chat/completions|max_new_tokens|max_tokens",
                "chat/completions|n_predict|max_tokens",
                "completions|max_completion_tokens|max_tokens",
                "completions|max_output_tokens|max_tokens",
                "responses|max_tokens|max_output_tokens",
                "responses|max_completion_tokens|max_output_tokens",
                "responses|max_tokens_to_sample|max_output_tokens",
                "embeddings|max_tokens|",
                "images/generations|max_output_tokens|",
            })
    void boundsEveryFieldAndPutsTheOwnOneIn(String path, String field, String own)
            throws IOException {
        var added = own == null ? "" : "\"%s\":50,".formatted(own);
        for (var value : new String[] {"100000", "51", "1e400", "-1", "null", "-1.0"}) {
            var asked = "{ \"%s\" : %s, \"model\":\"some-model\", \"x\":1.50}";
            send(RawHttp.post("/v1/" + path, asked.formatted(field, value), withKey(limited())));

            assertThat(laboratory.upstream().requests().getFirst().bodyText())
                    .isEqualTo(("{" + added + asked.substring(1)).formatted(field, "50"));
            laboratory.upstream().forget();
        }
        for (var value : new String[] {"0", "50", "5e1", "5.0E+1", "10.0", "1e-0"}) {
            var asked = "{\"%s\":%s,\"model\":\"some-model\"}".formatted(field, value);
            send(RawHttp.post("/v1/" + path, asked, withKey(limited())));

            assertThat(laboratory.upstream().requests().getFirst().bodyText())
                    .isEqualTo("{" + added + asked.substring(1));
            laboratory.upstream().forget();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.5",
                "0.1",
                "-2",
                "-0.5",
                "-1e9",
                "1e-3",
                "1e99999999999",
                "\"100000\"",
                "\"\"",
                "[100000]",
                "{}",
                "true",
                "false"
            })
    void refusesABoundThatServersReadDifferently(String value) throws IOException {
        var fields =
                List.of(
                        "max_tokens",
                        "max_completion_tokens",
                        "max_output_tokens",
                        "n_predict",
                        "n",
                        "best_of");
        for (var path : List.of("chat/completions", "completions", "responses")) {
            for (var field : fields) {
                var body = "{\"model\":\"some-model\",\"%s\":%s}".formatted(field, value);

                var response = send(RawHttp.post("/v1/" + path, body, withKey(limited())));

                assertEnvelope(response, 400, "invalid_value");
                assertThat(response.bodyText()).contains("\"param\":\"" + field + "\"");
            }
        }
        assertThat(laboratory.upstream().requests()).isEmpty();

        var body = "{\"model\":\"some-model\",\"max_tokens\":%s,\"n\":%s}".formatted(value, value);
        assertThat(send(post("/v1/chat/completions", body)).status()).isEqualTo(200);
        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(body);
    }

    /// What is set aside is what is charged where nobody counts.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "chat/completions|\"x\":0|50",
                "chat/completions|\"max_tokens\":10|10",
                "chat/completions|\"max_tokens\":0|0",
                "chat/completions|\"max_tokens\":10,\"max_completion_tokens\":20|20",
                "chat/completions|\"max_tokens\":10,\"max_completion_tokens\":null|50",
                "chat/completions|\"max_tokens\":-1|50",
                "chat/completions|\"max_output_tokens\":1|50",
                "chat/completions|\"n\":4|200",
                "chat/completions|\"n\":4e0,\"max_tokens\":3|12",
                "chat/completions|\"n\":null|50",
                "chat/completions|\"n\":0|50",
                "completions|\"n\":2,\"best_of\":5|250",
                "completions|\"max_completion_tokens\":1|50",
                "responses|\"max_tokens\":1|50",
                "responses|\"max_output_tokens\":7|7",
                "embeddings|\"max_tokens\":50|0",
            })
    void setsAsideWhatMayBeWritten(String path, String fields, int output) throws IOException {
        laboratory.upstream().answer(Script.json(200, "{\"choices\":[]}"));
        var body = "{\"model\":\"some-model\",%s}".formatted(fields);
        var before = usage();

        send(RawHttp.post("/v1/" + path, body, withKey(limited())));

        assertThat(used(usage(), "daily_tokens") - used(before, "daily_tokens"))
                .isEqualTo(body.length() / 4 + 1 + output);
    }

    @Test
    void admitsNoRequestForMoreChoicesThanThereIsRoomFor() throws IOException {
        var response = ask(CHAT.replace("{\"model\"", "{\"n\":100000,\"model\""));

        assertThat(response.status()).isEqualTo(429);
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    /// Upstream would choose one, which nobody allowed.
    @ParameterizedTest
    @ValueSource(
            strings = {"embeddings", "moderations", "rerank", "images/generations", "audio/speech"})
    void refusesARequestForNoModelInParticular(String path) throws IOException {
        for (var body :
                List.of("{}", "{\"input\":\"x\"}", "{\"model\":null}", "{\"Model\":\"x\"}")) {
            var response = send(RawHttp.post("/v1/" + path, body, withKey(limited())));

            assertEnvelope(response, 400, "missing_model");
            assertThat(response.bodyText()).contains("\"param\":\"model\"");
        }
        for (var body :
                List.of(
                        "{\"model\":\"\"}",
                        "{\"model\":\" \"}",
                        "{\"model\":1}",
                        "{\"model\":[]}",
                        "{\"model\":[\"some-model\"]}",
                        "{\"model\":{}}")) {
            assertThat(send(RawHttp.post("/v1/" + path, body, withKey(limited()))).status())
                    .isEqualTo(400);
        }
        assertThat(laboratory.upstream().requests()).isEmpty();

        send(post("/v1/" + path, "{}"));
        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo("{}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat/completions", "completions", "responses"})
    void putsTheDefaultModelInWhereItFits(String path) throws IOException {
        send(RawHttp.post("/v1/" + path, "{}", withKey(limited())));

        assertThat(laboratory.upstream().requests().getFirst().bodyText())
                .startsWith("{\"model\":\"deepseek-chat\",");
    }

    @ParameterizedTest
    @ValueSource(strings = {"models", "fallbacks", "fallback_models"})
    void refusesFurtherModels(String field) throws IOException {
        var body = "{\"model\":\"some-model\",\"%s\":[\"other-model\"]}".formatted(field);

        assertEnvelope(ask(body), 400, "invalid_value");
        assertThat(laboratory.upstream().requests()).isEmpty();
        assertThat(send(post("/v1/chat/completions", body)).status()).isEqualTo(200);
    }

    @Test
    void refusesAModelThatItsCallerMayNotAskFor() throws IOException {
        var response = ask(CHAT.replace("some-model", "other-model"));

        assertEnvelope(response, 403, "model_not_allowed");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    /// It would not be allowed a second later either.
    @Test
    void refusesAModelForWhatItIsHoweverMuchItsCallerHasUnderWay()
            throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.silence());
        try (var first = connect();
                var second = connect()) {
            first.send(request(CHAT));
            second.send(request(CHAT));
            laboratory.upstream().awaitRequest(2, SOON);

            assertEnvelope(ask(CHAT), 429, "rate_limit_exceeded");
            assertEnvelope(
                    ask(CHAT.replace("some-model", "other-model")), 403, "model_not_allowed");
            assertThat(laboratory.upstream().requests()).hasSize(2);
        }
    }

    @Test
    void refusesALongerBodyThanItsCallerMaySend() throws IOException {
        var response = ask(CHAT.replace("hello", "x".repeat(1_000)));

        assertEnvelope(response, 413, "request_too_large");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void saysNothingOfLimitsWhereThereAreNone() throws IOException {
        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.headers()).noneMatch(h -> h.name().startsWith("x-ratelimit"));
        assertThat(send(request("GET", "/v1/usage", "")).bodyText())
                .startsWith(
                        "{\"object\":\"usage\",\"caller\":\"plain\",\"concurrent\":{\"used\":0},");
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    private String limited() {
        return laboratory.limitedCallerKey();
    }

    private RawResponse ask(String body) throws IOException {
        return send(request(body));
    }

    private String request(String body) {
        return RawHttp.post("/v1/chat/completions", body, withKey(laboratory.limitedCallerKey()));
    }

    /// What the caller is told once nothing of it is under way: an answer is there a moment before
    /// it is settled.
    private JsonNode usage() {
        return Awaitility.await()
                .pollDelay(Duration.ZERO)
                .atMost(SOON)
                .until(this::usageNow, usage -> used(usage, "concurrent") == 0);
    }

    private JsonNode usageNow() throws IOException {
        var response =
                send(
                        RawHttp.request(
                                "GET", "/v1/usage", "", withKey(laboratory.limitedCallerKey())));
        assertThat(response.status()).isEqualTo(200);
        return JSON.readTree(response.bodyText());
    }

    private static int remaining(JsonNode usage, String of) {
        return usage.path(of).path("remaining").asInt();
    }

    private static int used(JsonNode usage, String of) {
        return usage.path(of).path("used").asInt();
    }
}
