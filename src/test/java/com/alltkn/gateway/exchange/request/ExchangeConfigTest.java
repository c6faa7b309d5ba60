package com.alltkn.gateway.exchange.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExchangeConfigTest {

    private static final long MEBIBYTE = 1024 * 1024;

    @Test
    void hasDefaults() {
        var config = Mappings.read(ExchangeConfig.class, Map.of());

        assertThat(config.maxBodySize().asLongValue()).isEqualTo(32 * MEBIBYTE);
        assertThat(config.maxBodyMemory()).isEmpty();
        assertThat(config.maxAnswerMemory()).isEmpty();
        assertThat(config.maxUploadSize().asLongValue()).isEqualTo(512 * MEBIBYTE);
        assertThat(config.bodyTimeout()).isEqualTo(Duration.ofSeconds(20));
        assertThat(config.bodyTotalTimeout()).isEqualTo(Duration.ofMinutes(2));
        assertThat(config.revisionHeader()).isTrue();
    }

    @Test
    void takesEveryKey() {
        var config =
                Mappings.read(
                        ExchangeConfig.class,
                        Map.of(
                                "gateway.exchange.max-body-size", "1M",
                                "gateway.exchange.max-body-memory", "4M",
                                "gateway.exchange.max-answer-memory", "5M",
                                "gateway.exchange.max-upload-size", "2M",
                                "gateway.exchange.body-timeout", "3s",
                                "gateway.exchange.body-total-timeout", "6s",
                                "gateway.exchange.revision-header", "false"));

        assertThat(config.maxBodySize().asLongValue()).isEqualTo(MEBIBYTE);
        assertThat(config.maxBodyMemory().orElseThrow().asLongValue()).isEqualTo(4 * MEBIBYTE);
        assertThat(config.maxAnswerMemory().orElseThrow().asLongValue()).isEqualTo(5 * MEBIBYTE);
        assertThat(config.maxUploadSize().asLongValue()).isEqualTo(2 * MEBIBYTE);
        assertThat(config.bodyTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.bodyTotalTimeout()).isEqualTo(Duration.ofSeconds(6));
        assertThat(config.revisionHeader()).isFalse();
    }
}
