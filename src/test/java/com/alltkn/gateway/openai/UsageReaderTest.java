package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageReaderTest {

    private static Optional<Usage> read(String text) {
        var bytes = text.getBytes(UTF_8);
        return UsageReader.read(bytes, 0, bytes.length);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"prompt_tokens\":12,\"completion_tokens\":34,\"total_tokens\":46}|12|34",
                "{\"input_tokens\":1,\"output_tokens\":2}|1|2",
                "{\"prompt_tokens\":7,\"total_tokens\":7}|7|0",
                "{\"prompt_tokens\":7,\"completion_tokens\":null}|7|0",
                "{ \"completion_tokens\" : 3 , \"prompt_tokens\" : 4 }, more|4|3",
                "{\"prompt_tokens\":5,\"completion_tokens\":6,\"input_tokens\":0,\"output_tokens\":0}|5|6",
                "{\"prompt_tokens\":1,\"completion_tokens\":2,\"prompt_tokens_details\":"
                        + "{\"prompt_tokens\":99,\"cached_tokens\":1}}|1|2",
                "{\"prompt_tokens\":0,\"completion_tokens\":0}|0|0",
            })
    void readsTheCounts(String text, long input, long output) {
        assertThat(read(text)).contains(new Usage(input, output));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{}",
                "[]",
                "12",
                "{\"total_tokens\":3}",
                "{\"completion_tokens\":3}",
                "{\"prompt_tokens\":-1,\"completion_tokens\":2}",
                "{\"prompt_tokens\":1,\"completion_tokens\":-2}",
                "{\"prompt_tokens\":\"1\",\"completion_tokens\":2}",
                "{\"prompt_tokens\":1.5,\"completion_tokens\":2}",
                "{\"prompt_tokens\":1e3,\"completion_tokens\":2}",
                "{\"prompt_tokens\":1,\"completion_tokens\":{}}",
                "{\"prompt_tokens\":99999999999999999999,\"completion_tokens\":2}",
                "{\"prompt_tokens\":1,\"completion_tokens\":2",
                "{\"prompt_tokens\":null,\"completion_tokens\":2}",
            })
    void takesAnythingElseForUnknown(String text) {
        assertThat(read(text)).isEmpty();
    }
}
