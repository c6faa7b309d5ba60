package com.alltkn.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScrubberTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Incorrect API key provided: sk-abcde****wxyz. See the docs.|Incorrect API key provided: ***. See the docs.",
                "api key provided: xxx|api key provided: ***",
                "api key provided: Bearer abcdefghijk|api key provided: Bearer ***",
                "said -Bearer abcdefghijklmnop1234|said -Bearer ***",
                "GET /v1/sk-abcdefghijklmnop|GET ***",
                "invalid key 'sk-proj-A1b2C3d4E5f6'|invalid key '***'",
                "Authorization: Bearer abc123def456|Authorization: Bearer ***",
                "authorization=mySecret99|authorization=***",
                "sent bearer QWxhZGRpbjpvcGVu today|sent bearer *** today",
                "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==|Basic ***==",
                "{\"api_key\": \"a1b2c3\"}|{\"api_key\": \"***\"}",
                "x-api-key:AAAA-1|x-api-key:***",
                "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl is old|jwt *** is old",
                "hash 9f86d081884c7d659a2feaa0c55ad015 refused|hash *** refused",
                "got aB3-dE6_gH9-jK2_mN5-pQ8_sT1x|got ***",
                "gsk_A1b2C3d4 and hvs.CAESIJ1234567890|*** and ***",
            })
    void masksWhatLooksLikeACredential(String text, String scrubbed) {
        assertThat(Scrubber.scrub(text)).isEqualTo(scrubbed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "The model `deepseek-r1-distill-llama-70b-instruct` does not exist.",
                "model Qwen2.5-VL-72B-Instruct-AWQ-128k is overloaded",
                "meta-llama/Llama-3.3-70B-Instruct-Turbo-Free:free",
                "maximum context length is 128000 tokens, you asked for 130001 (129001 in messages)",
                "missing bearer token",
                "basic authentication is not supported",
                "unexpected token: comma",
                "the api key is missing",
                "request 123e4567-e89b-12d3-a456-426614174000 failed",
                "see https://platform.example.com/docs/guides/error-codes/api-errors",
                "请检查您的参数 max_tokens：必须大于 0",
                "'messages[0].content' : array too long at 2026-11-24T10:00:00.000Z",
                "internationalisationandlocalisationofeverything",
            })
    void leavesOrdinaryTextAsItIs(String text) {
        assertThat(Scrubber.scrub(text)).isEqualTo(text);
    }

    @Test
    void cutsALongTextInFrontOfAWord() {
        var text = "x ".repeat(2040) + "a1".repeat(50);

        assertThat(Scrubber.scrub(text)).isEqualTo("x ".repeat(2040));
        assertThat(Scrubber.scrub("sk-" + "a".repeat(100_000))).isEmpty();
    }

    @Test
    void neverThrowsAndNeverGrowsMuchWhateverTheText() {
        var random = new Random(9);
        for (var round = 0; round < 20_000; round++) {
            var text = new StringBuilder();
            for (var i = random.nextInt(60); i > 0; i--) {
                text.append(
                        (char)
                                (random.nextInt(20) == 0
                                        ? random.nextInt(65536)
                                        : 32 + random.nextInt(95)));
            }

            assertThatCode(() -> Scrubber.scrub(text.toString())).doesNotThrowAnyException();
        }
    }
}
