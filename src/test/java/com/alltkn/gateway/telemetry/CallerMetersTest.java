package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.Test;

@QuarkusTest
class CallerMetersTest extends GatewayTest {

    @Test
    void showsWhatIsInForce() {
        assertThat(metric("gateway_callers_known")).isGreaterThanOrEqualTo(3);
        assertThat(metric("gateway_callers_stale_seconds")).isZero();
        assertThat(metric("gateway_callers_keys_failures_total")).isZero();
        assertThat(metric("gateway_callers_keys_empty_seconds")).isZero();
        assertThat(scrape()).contains("gateway_callers_keys_age_seconds NaN");
    }
}
