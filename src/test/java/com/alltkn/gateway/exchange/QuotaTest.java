package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.time.Duration;
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

    @Test
    void refusesAModelThatItsCallerMayNotAskFor() throws IOException {
        var response = ask(CHAT.replace("some-model", "other-model"));

        assertEnvelope(response, 403, "model_not_allowed");
        assertThat(laboratory.upstream().requests()).isEmpty();
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
