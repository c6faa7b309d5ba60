package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What each answer of upstream that is none becomes for the caller: status, envelope, headers.
@QuarkusTest
class UpstreamErrorsTest extends GatewayTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String THEIRS =
            "{\"error\":{\"message\":\"their words\",\"type\":\"their_type\",\"param\":\"n\","
                    + "\"code\":\"their_code\"}}";

    /// Columns: upstream's status; then status, type, code, param and message for the caller, and
    /// `x-should-retry`.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "400|400|their_type|their_code|n|their words|-",
                "401|502|upstream_error|upstream_credentials_exhausted|-|"
                        + "upstream refused the gateway's credential|false",
                "402|502|upstream_error|upstream_quota_exhausted|-|"
                        + "the account's quota is spent|false",
                "403|502|upstream_error|upstream_permission_denied|-|"
                        + "upstream does not permit the account what was asked|false",
                "404|404|their_type|their_code|n|their words|-",
                "405|405|their_type|their_code|n|their words|-",
                "407|502|upstream_error|upstream_failed|-|upstream failed to answer|false",
                "408|408|their_type|their_code|n|their words|-",
                "409|409|their_type|their_code|n|their words|-",
                "413|413|their_type|their_code|n|their words|-",
                "415|415|their_type|their_code|n|their words|-",
                "418|418|their_type|their_code|n|their words|-",
                "422|422|their_type|their_code|n|their words|-",
                "429|429|rate_limit_error|rate_limit_exceeded|-|their words|-",
                "451|451|their_type|their_code|n|their words|-",
                "499|499|their_type|their_code|n|their words|-",
                "500|502|upstream_error|upstream_failed|-|upstream failed to answer|-",
                "501|502|upstream_error|upstream_failed|-|upstream failed to answer|-",
                "502|502|upstream_error|upstream_failed|-|upstream failed to answer|-",
                "503|503|upstream_error|upstream_overloaded|-|upstream has too much to do|-",
                "504|504|upstream_error|upstream_timeout|-|"
                        + "upstream did not answer in time (clock: upstream)|-",
                "520|502|upstream_error|upstream_failed|-|upstream failed to answer|-",
                "529|503|upstream_error|upstream_overloaded|-|upstream has too much to do|-",
                "599|502|upstream_error|upstream_failed|-|upstream failed to answer|-",
                "300|502|upstream_error|upstream_invalid_answer|-|"
                        + "upstream answered with something that is no answer|-",
                "301|502|upstream_error|upstream_invalid_answer|-|"
                        + "upstream answered with something that is no answer|-",
                "307|502|upstream_error|upstream_invalid_answer|-|"
                        + "upstream answered with something that is no answer|-",
            })
    void mapsEachStatus(
            int theirs,
            int status,
            String type,
            String code,
            String param,
            String message,
            String shouldRetry)
            throws IOException {
        laboratory.upstream().answer(Script.json(theirs, THEIRS));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(status);
        assertError(response, type, code, param, message);
        assertThat(response.header("x-should-retry").orElse(null)).isEqualTo(shouldRetry);
        assertThat(response.header("retry-after")).isEmpty();
        assertThat(response.header("x-gateway-revision")).contains("1");
        assertThat(laboratory.upstream().requests()).hasSize(1);
        assertThat(records.single().path("status").asInt()).isEqualTo(status);
    }

    @Test
    void takesAnAnswerWithoutABodyForWhatItsStatusSays() throws IOException {
        laboratory.upstream().answer(Script.head(304, "etag: x"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(502);
        assertThat(error(response).path("code").asText()).isEqualTo("upstream_invalid_answer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2c", "websocket"})
    void switchesToNoProtocolThatUpstreamWants(String protocol) throws IOException {
        laboratory
                .upstream()
                .answer(Script.head(101, "connection: upgrade", "upgrade: " + protocol).hang());

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(502);
        assertThat(error(response).path("type").asText()).isEqualTo("upstream_error");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "402|{\"error\":{\"message\":\"pay\"}}",
                "402|<html>",
                "403|{\"error\":{\"message\":\"spent\",\"code\":\"insufficient_quota\"}}",
                "403|{\"error\":{\"message\":\"spent\",\"type\":\"insufficient_quota\"}}",
                "429|{\"error\":{\"message\":\"spent\",\"code\":\"insufficient_quota\"}}",
                "429|{\"error\":{\"message\":\"spent\",\"type\":\"insufficient_quota\"}}",
                "429|{\"error\":{\"message\":\"x\",\"code\":\"billing_hard_limit_reached\"}}",
                "403|{\"error\":{\"message\":\"x\",\"code\":\"insufficient_user_quota\"}}",
                "400|{\"error\":{\"message\":\"x\",\"code\":\"billing_not_active\"}}",
                "401|{\"error\":{\"message\":\"Insufficient Balance\"}}",
            })
    void takesASpentQuotaForNoRate(int status, String body) throws IOException {
        laboratory.upstream().answer(Script.json(status, body, "retry-after: 3600"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(502);
        assertError(
                response,
                "upstream_error",
                "upstream_quota_exhausted",
                null,
                "the account's quota is spent");
        assertThat(response.header("x-should-retry")).contains("false");
        assertThat(response.header("retry-after")).isEmpty();
        assertThat(response.header("retry-after-ms")).isEmpty();
    }

    /// Columns: a body under 200; then status, code and how often upstream was asked.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"error\":{\"message\":\"x\",\"code\":\"insufficient_user_quota\"}}|502|"
                        + "upstream_quota_exhausted",
                "{ \"error\" : \"Insufficient Balance\"}|502|upstream_quota_exhausted",
                "{\"error\":{\"message\":\"x\",\"code\":\"invalid_api_key\"}}|502|"
                        + "upstream_credentials_exhausted",
                "{\"error\":{\"message\":\"x\",\"code\":\"rate_limit_exceeded\"}}|429|"
                        + "rate_limit_exceeded",
                "{\"error\":{\"message\":\"x\",\"code\":\"model_not_found\"}}|503|model_not_found",
                "{\"error\":{\"message\":\"something broke\"}}|502|upstream_failed",
            })
    void takesASuccessWithAnErrorInsideForThatError(String body, int status, String code)
            throws IOException {
        laboratory.upstream().answer(Script.json(200, body));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(status);
        assertThat(error(response).path("code").asText()).isEqualTo(code);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":null,\"choices\":[]}",
                "{\"id\":\"x\",\"error\":{\"message\":\"within\"}}"
            })
    void handsOnWhatDoesNotBeginWithAnError(String body) throws IOException {
        laboratory.upstream().answer(Script.json(200, body));

        assertThat(send(post("/v1/chat/completions", CHAT)).bodyText()).isEqualTo(body);
    }

    @Test
    void takesAModelWithoutAChannelForNoOverload() throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.json(
                                503,
                                "{\"error\":{\"message\":\"No available channel for model m\","
                                        + "\"code\":\"model_not_found\"}}"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(503);
        assertThat(error(response).path("code").asText()).isEqualTo("model_not_found");
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "retry-after: 2|2|2000",
                "retry-after: 0|0|0",
                "retry-after: 1.5|2|1500",
                "retry-after-ms: 250|1|250",
                "retry-after-ms: 1500.4|2|1500",
                "retry-after: 9 & retry-after-ms: 100|1|100",
                "retry-after: 3600|60|60000",
                "retry-after: -5|-|-",
                "retry-after: soon|-|-",
                "retry-after: NaN|-|-",
                "retry-after: 99999999999999999999|-|-",
                "retry-after: Mon, 01 Jan 2001 00:00:00 GMT|-|-",
                "retry-after: |-|-",
                "x-nothing: 1|-|-",
            })
    void handsTheWaitOfARateLimitOn(String header, String seconds, String millis)
            throws IOException {
        laboratory.upstream().answer(Script.json(429, THEIRS, header.split(" & ", -1)));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(429);
        assertThat(response.header("retry-after").orElse(null)).isEqualTo(seconds);
        assertThat(response.header("retry-after-ms").orElse(null)).isEqualTo(millis);
        assertThat(response.header("x-should-retry")).isEmpty();
    }

    @Test
    void readsAWaitUntilADate() throws IOException {
        var date =
                DateTimeFormatter.RFC_1123_DATE_TIME.format(
                        ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(30));
        laboratory.upstream().answer(Script.json(503, THEIRS, "retry-after: " + date));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(503);
        assertThat(Integer.parseInt(response.header("retry-after").orElseThrow()))
                .isBetween(20, 30);
        assertThat(Integer.parseInt(response.header("retry-after-ms").orElseThrow()))
                .isBetween(20_000, 30_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    void readsAWaitUntilADateByTheClockThatWroteIt(int hoursOff) throws IOException {
        var now = ZonedDateTime.now(ZoneOffset.UTC).plusHours(hoursOff);
        var format = DateTimeFormatter.RFC_1123_DATE_TIME;
        laboratory
                .upstream()
                .answer(
                        Script.json(
                                503,
                                THEIRS,
                                "date: " + format.format(now),
                                "retry-after: " + format.format(now.plusSeconds(30))));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.header("retry-after")).contains("30");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 408, 409, 422, 429, 500, 502, 503, 529})
    void obeysAnUpstreamThatWantsNoRetry(int status) throws IOException {
        laboratory.upstream().answer(Script.json(status, THEIRS, "x-should-retry: false"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.header("x-should-retry")).contains("false");
    }

    /// Columns: a body under 400; then type, code, param and message for the caller.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{\"error\":{\"message\":\"m\",\"code\":1234}}|api_error|1234|-|m",
                "{\"error\":{\"message\":\"m\",\"code\":null,\"param\":7}}|api_error|-|7|m",
                "{\"error\":{\"message\":\"m\"}}|api_error|-|-|m",
                "{\"error\":{\"type\":\"t\"}}|t|-|-|the upstream gave no message",
                "{\"error\":{}}|invalid_request_error|-|-|upstream refused the request",
                "{\"error\":\"plain words\"}|api_error|-|-|plain words",
                "{\"message\":\"bare\",\"code\":\"c\"}|api_error|c|-|bare",
                "{\"detail\":\"fast\"}|api_error|-|-|fast",
                "[{\"error\":{\"message\":\"listed\"}}]|api_error|-|-|listed",
                "{\"error\":{\"message\":{\"a\":1}}}|invalid_request_error|-|-|"
                        + "upstream refused the request",
                "<html><body>Bad Request</body></html>|invalid_request_error|-|-|"
                        + "upstream refused the request",
                "{\"error\":{\"message\":\"cut|invalid_request_error|-|-|"
                        + "upstream refused the request",
                "{\"error\":[{\"message\":\"within\"}]}|api_error|-|-|within",
                "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"missing\"}]}|api_error|-|-|missing",
                "null|invalid_request_error|-|-|upstream refused the request",
                "''|invalid_request_error|-|-|upstream refused the request",
            })
    void readsErrorsAsUpstreamsWriteThem(
            String body, String type, String code, String param, String message)
            throws IOException {
        laboratory.upstream().answer(Script.json(400, body));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(400);
        assertError(response, type, code, param, message);
    }

    @Test
    void saysSomethingWhereUpstreamsTextIsOneEndlessWord() throws IOException {
        var endless = "{\"error\":{\"message\":\"" + "m".repeat(5000) + "\"}}";
        laboratory.upstream().answer(Script.json(400, endless));

        var response = send(post("/v1/chat/completions", CHAT));

        assertError(response, "api_error", null, null, "upstream refused the request");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 429, 500, 503})
    void answersAnErrorOfAMegabyteWithoutItsText(int status) throws IOException {
        var huge = "{\"error\":{\"message\":\"" + "marker ".repeat(150_000) + "\"}}";
        laboratory.upstream().answer(Script.json(status, huge));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isGreaterThanOrEqualTo(400);
        assertThat(response.bodyText()).doesNotContain("marker").hasSizeLessThan(600);
    }

    @Test
    void answersAnErrorThatIsCutByItsStatus() throws IOException {
        for (var framing : List.of("content-length: 500", "transfer-encoding: chunked")) {
            laboratory
                    .upstream()
                    .answer(
                            Script.head(422, "content-type: application/json", framing)
                                    .send("5\r\n{\"err")
                                    .cut());

            var response = send(post("/v1/chat/completions", CHAT));

            assertThat(response.status()).isEqualTo(422);
            assertError(
                    response, "invalid_request_error", null, null, "upstream refused the request");
        }
    }

    @Test
    void takesACompressedErrorForOneWithoutText() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bytes)) {
            gzip.write(THEIRS.getBytes(StandardCharsets.UTF_8));
        }
        laboratory
                .upstream()
                .answer(
                        Script.head(
                                        400,
                                        "content-type: application/json",
                                        "content-encoding: gzip",
                                        "content-length: " + bytes.size())
                                .send(bytes.toByteArray()));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.header("content-encoding")).isEmpty();
        assertError(response, "invalid_request_error", null, null, "upstream refused the request");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 402, 403, 404, 409, 422, 429, 500, 503})
    void neverShowsACredential(int status) throws IOException {
        var key = laboratory.upstreamKey();
        var text =
                "Incorrect API key provided: %s. Also sk-abcdef0123456789, Bearer %s, and (%s)x"
                        .formatted(key, key, key);
        for (var field : List.of("message", "type", "param", "code")) {
            var body = JSON.createObjectNode();
            body.putObject("error").put("message", "m").put(field, text);
            laboratory.upstream().answer(Script.json(status, body.toString()));

            var response = send(post("/v1/chat/completions", CHAT));

            assertThat(response.rawBodyText())
                    .doesNotContain(key)
                    .doesNotContain(key.substring(9, 22))
                    .doesNotContain("abcdef0123456789");
            assertThat(response.headers().toString()).doesNotContain(key);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 402, 403})
    void neverShowsUpstreamsWordsAboutTheGatewaysOwnTrouble(int status) throws IOException {
        laboratory.upstream().answer(Script.json(status, THEIRS));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.bodyText()).doesNotContain("their");
    }

    @Test
    void speaksTheUsersLanguageAndNamesTheSupportRoute() throws IOException {
        laboratory.upstream().answer(Script.json(503, THEIRS));

        var chinese =
                send(
                        post(
                                "/v1/chat/completions",
                                CHAT,
                                "accept-language: zh-CN,zh;q=0.9,en;q=0.8"));
        var english = send(post("/v1/chat/completions", CHAT, "accept-language: en"));

        assertThat(error(chinese).path("user_message").asText())
                .isEqualTo("智能助手正忙，请稍后重试。 如需帮助：https://help.example/ai");
        assertThat(error(english).path("user_message").asText())
                .isEqualTo(
                        "The assistant is busy. Please try again in a moment."
                                + " Help: https://help.example/ai");
    }

    private static void assertError(
            RawResponse response,
            String type,
            @Nullable String code,
            @Nullable String param,
            String message)
            throws IOException {
        assertThat(response.header("content-type")).contains("application/json");
        assertThat(response.complete()).isTrue();
        var expected =
                JSON.createObjectNode()
                        .put("message", message)
                        .put("type", type)
                        .put("param", param)
                        .put("code", code);
        var error = error(response);
        expected.set("user_message", error.path("user_message"));
        expected.set("request_id", error.path("request_id"));
        assertThat(error.path("user_message").asText()).isNotBlank();
        assertThat(response.header("x-request-id")).contains(error.path("request_id").asText());
        assertThat(error).isEqualTo(expected);
    }

    private static JsonNode error(RawResponse response) throws IOException {
        return JSON.readTree(response.body()).path("error");
    }
}
