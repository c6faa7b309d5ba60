package com.alltkn.gateway.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Settlements;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventRecordTest {

    @Test
    void writesEveryFieldOnOneLineInAFixedOrder() {
        var line = EventRecord.of(Settlements.answered(), "prod-eu");

        assertThat(line)
                .isEqualTo(
                        "{\"time\":\"2026-11-24T10:00:00.123Z\",\"environment\":\"prod-eu\","
                                + "\"request_id\":\"req_1\",\"caller\":\"plain\","
                                + "\"route\":\"chat/completions\",\"type\":\"chat\","
                                + "\"stream\":true,\"model_asked\":\"asked-model\","
                                + "\"model\":\"deepseek-chat\",\"status\":200,"
                                + "\"outcome\":\"answered\",\"latency_ms\":1234,"
                                + "\"latency_bucket\":\"le_3s\",\"first_byte_ms\":321,\"attempts\":1,"
                                + "\"input_tokens\":5,\"output_tokens\":7,\"revision\":3,"
                                + "\"key_id\":\""
                                + Settlements.KEY_ID.value()
                                + "\",\"upstream_request_id\":\"up-1\",\"bytes_in\":100,"
                                + "\"bytes_out\":2000}");
    }

    @Test
    void leavesOutWhatIsUnknown() {
        var line = EventRecord.of(Settlements.refused(), "test");

        assertThat(line)
                .isEqualTo(
                        "{\"time\":\"2026-11-24T10:00:00.123Z\",\"environment\":\"test\","
                                + "\"request_id\":\"req_2\",\"route\":\"unknown\","
                                + "\"type\":\"unknown\",\"stream\":false,\"status\":401,"
                                + "\"outcome\":\"refused\",\"error\":\"invalid_api_key\","
                                + "\"failure\":\"no_caller\",\"latency_ms\":1,"
                                + "\"latency_bucket\":\"le_100ms\",\"attempts\":0,\"bytes_in\":0,"
                                + "\"bytes_out\":150}");
    }

    @ParameterizedTest
    @CsvSource({
        "0, le_100ms",
        "100, le_100ms",
        "101, le_300ms",
        "300, le_300ms",
        "1000, le_1s",
        "1001, le_3s",
        "3000, le_3s",
        "10000, le_10s",
        "30000, le_30s",
        "60000, le_60s",
        "60001, gt_60s",
    })
    void namesTheBucketOfALatency(long milliseconds, String bucket) {
        var settled =
                Settlements.answered(
                        Settlements.STARTED, "m", "chat", Duration.ofMillis(milliseconds));

        assertThat(EventRecord.of(settled, "test"))
                .contains("\"latency_bucket\":\"" + bucket + "\"");
    }

    @Test
    void staysOneShortLineOfAsciiWhateverAModelIsCalled() throws IOException {
        var name = "\"\n模型\u2028\uD83D\uDE00\\".repeat(40);
        var settled = Settlements.answered(Settlements.STARTED, name, "chat", Duration.ofMillis(1));

        var line = EventRecord.of(settled, "test");

        assertThat(line).isPrintable().isASCII().doesNotContain("\n");
        assertThat(line.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(4096);
        assertThat(name)
                .startsWith(new ObjectMapper().readTree(line).path("model").asText())
                .hasSizeGreaterThan(128);
    }
}
