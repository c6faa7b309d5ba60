package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrorEnvelopeTest {

    private static Optional<ErrorEnvelope> read(String body) {
        return ErrorEnvelope.read(body.getBytes(UTF_8));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":\"p\",\"code\":\"c\"}}|m|t|p|c",
                "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":null}}|m|t|-|-",
                "{\"error\":{\"message\":\"m\",\"code\":429}}|m|api_error|-|429",
                "{\"error\":{\"code\":\"c\"}}|the upstream gave no message|api_error|-|c",
                "{\"error\":\"m\"}|m|api_error|-|-",
                "{\"error\":\"m\",\"code\":5}|m|api_error|-|5",
                "{\"message\":\"m\",\"type\":\"t\"}|m|t|-|-",
                "{\"detail\":\"m\"}|m|api_error|-|-",
                "{\"detail\":[{\"msg\":\"m\"},{\"msg\":\"n\"}],\"code\":422}|m|api_error|-|422",
                "{\"detail\":[{\"loc\":[1]}],\"code\":422}|the upstream gave no message|api_error|-|422",
                "{\"error\":[\"m\",\"n\"]}|m|api_error|-|-",
                "{\"error\":[{\"message\":\"m\",\"code\":\"c\"}]}|m|api_error|-|c",
                "[{\"error\":{\"message\":\"m\",\"status\":\"X\"}}]|m|api_error|-|-",
                "{\"error\":{\"message\":\"m\",\"param\":{\"a\":1}},\"x\":[]}|m|api_error|-|-",
            })
    void readsWhateverUpstreamsSend(
            String body, String message, String type, String param, String code) {
        assertThat(read(body)).contains(new ErrorEnvelope(message, type, param, code));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"error\":null}",
                "{\"error\":{}}",
                "\"x\"",
                "{",
                "<html>"
            })
    void readsNothingFromWhatIsNoError(String body) {
        assertThat(read(body)).isEmpty();
    }

    @Test
    void readsNothingFromAPage() {
        assertThat(read("{\"error\":\"" + "x".repeat(70_000) + "\"}")).isEmpty();
        assertThat(read("[".repeat(60_000))).isEmpty();
    }

    @Test
    void alwaysWritesAllFourKeys() {
        var error = new ErrorEnvelope("a \"b\"\n", "t", null, null);

        assertThat(error.write(null, null))
                .asString(UTF_8)
                .isEqualTo(
                        "{\"error\":{\"message\":\"a \\\"b\\\"\\n\",\"type\":\"t\","
                                + "\"param\":null,\"code\":null}}");
    }

    @Test
    void addsTheTextForUsersAndTheRequestId() {
        var error = new ErrorEnvelope("m", "t", "p", "c");

        assertThat(error.write("请稍后再试", "req_1"))
                .asString(UTF_8)
                .isEqualTo(
                        "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":\"p\",\"code\":\"c\","
                                + "\"user_message\":\"请稍后再试\",\"request_id\":\"req_1\"}}");
    }

    @Test
    void isAlsoAnEvent() {
        var error = new ErrorEnvelope("m", "t", null, "c");

        assertThat(error.event())
                .asString(UTF_8)
                .isEqualTo(
                        "data: {\"error\":{\"message\":\"m\",\"type\":\"t\","
                                + "\"param\":null,\"code\":\"c\"}}\n\n");
        assertThat(error.event(null, "req_1"))
                .asString(UTF_8)
                .endsWith("\"request_id\":\"req_1\"}}\n\n");
    }
}
