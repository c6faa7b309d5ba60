package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;

/// What tests of whole exchanges say in common.
abstract class ExchangeTest extends GatewayTest {

    protected static final ObjectMapper JSON = new ObjectMapper();

    /// A stream that the gateway asks for its usage, for the caller did not.
    protected static final String PLAIN_STREAMED_CHAT =
            "{\"model\":\"some-model\",\"stream\":true,"
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    protected static final String RESPONSE =
            "{\"model\":\"some-model\",\"stream\":true,\"input\":\"hello\"}";

    protected static final String HELLO =
            Script.event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"你好\"}}]}");

    protected static final String USAGE =
            Script.event(
                    "{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,"
                            + "\"total_tokens\":7}}");

    protected static final String DONE = Script.event("[DONE]");

    @Inject Exchanges all;

    @AfterEach
    void holdsNothingOfAnswersAnyMore() {
        Awaitility.await()
                .pollDelay(Duration.ZERO)
                .atMost(SOON)
                .until(() -> all.answerBytes() == 0);
    }

    /// Status, outcome, error class and failure of a record in one line.
    protected static String summary(JsonNode record) {
        return Stream.of("status", "outcome", "error", "failure")
                .filter(record::has)
                .map(name -> record.get(name).asText())
                .collect(Collectors.joining(" "));
    }

    /// The units in a record, as `5 in, 2 out`.
    protected static String usage(JsonNode record) {
        return record.path("input_tokens").asText("?")
                + " in, "
                + record.path("output_tokens").asText("?")
                + " out";
    }

    /// Checks an answer that is nothing but an error.
    protected static void assertEnvelope(RawResponse response, int status, String code) {
        assertThat(response.status()).isEqualTo(status);
        assertThat(response.header("content-type")).contains("application/json");
        assertThat(response.complete()).isTrue();
        assertError(response.bodyText(), response, code);
    }

    /// Checks that a stream is these bytes, then an event that tells of an error, then nothing.
    protected static void assertEndsInError(RawResponse response, String bytes, String code) {
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.complete()).isTrue();
        var text = response.bodyText();
        assertThat(text).startsWith(bytes + "data: {\"error\":").endsWith("}}\n\n");
        var data = text.substring(bytes.length() + "data: ".length(), text.length() - 2);
        assertThat(data).doesNotContain("\n", "\r");
        assertError(data, response, code);
    }

    private static void assertError(String json, RawResponse response, String code) {
        try {
            var error = JSON.readTree(json).path("error");
            assertThat(error.fieldNames())
                    .toIterable()
                    .containsExactly(
                            "message", "type", "param", "code", "user_message", "request_id");
            assertThat(error.get("code").asText()).isEqualTo(code);
            assertThat(error.get("message").asText()).isNotBlank();
            assertThat(error.get("type").asText()).isNotBlank();
            assertThat(error.get("user_message").asText()).isNotBlank();
            assertThat(response.header("x-request-id")).contains(error.get("request_id").asText());
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + json, e);
        }
    }
}
