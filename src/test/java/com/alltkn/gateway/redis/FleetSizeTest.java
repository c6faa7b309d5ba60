package com.alltkn.gateway.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FleetSizeTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final FleetSize size = new FleetSize(3, 0);

    @Test
    void isAssumedUntilTold() {
        assertThat(size.pods()).isEqualTo(3);

        size.hear(5, true, SECOND);

        assertThat(size.pods()).isEqualTo(5);
    }

    @Test
    void isTheMostOfTheLastTenSeconds() {
        size.hear(5, false, 0);
        size.hear(2, false, 10 * SECOND);
        assertThat(size.pods()).isEqualTo(5);

        size.hear(2, false, 11 * SECOND);
        assertThat(size.pods()).isEqualTo(2);
    }

    @Test
    void isNoSmallerJustAfterAnOutageHoweverLongThatWas() {
        size.hear(5, false, 0);

        size.hear(1, true, 3600 * SECOND);
        size.hear(1, false, 3610 * SECOND);
        assertThat(size.pods()).isEqualTo(5);

        size.hear(1, false, 3611 * SECOND);
        assertThat(size.pods()).isEqualTo(1);
    }

    @Test
    void countsAtLeastThePodThatAsks() {
        size.hear(0, false, 11 * SECOND);

        assertThat(size.pods()).isEqualTo(1);
    }
}
