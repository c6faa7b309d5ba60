package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class GateLimitTest {

    private static final long MILLISECOND = TimeUnit.MILLISECONDS.toNanos(1);

    private long now = 1_000_000_000_000L;
    private final GateLimit limit = new GateLimit(Mappings.read(GateConfig.class, Map.of()), now);

    @Test
    void takesNoNoticeOfARefusalNowAndThen() {
        for (int i = 0; i < 1000; i++) {
            answer(100, 99);
            limit.refused(now, 100);
        }

        assertThat(limit.current()).isEqualTo(500);
    }

    @Test
    void fallsToWhatIsInsideWhereUpstreamRefusesMost() {
        answer(10, 40);

        refuse(23, 50);

        assertThat(limit.current()).isEqualTo(45);
    }

    @Test
    void neverFallsBelowItsLeast() {
        refuse(1000, 1);

        assertThat(limit.current()).isEqualTo(20);
    }

    @Test
    void comesBackToJustBelowWhereItWasRefused() {
        meetCeiling();

        answer(1000, 38);

        assertThat(limit.current()).isEqualTo(95);
        assertThat(limit.withSpare()).isEqualTo(100);
    }

    @Test
    void triesOneMoreEveryTwoSecondsWhileItIsMadeUseOf() {
        meetCeiling();
        answer(1000, 90);
        int plateau = limit.current();

        answer(4000, 90);

        assertThat(limit.current()).isBetween(plateau + 1, plateau + 2);
    }

    @Test
    void goesStraightBackFromATrialThatIsRefused() {
        meetCeiling();
        answer(20_000, 95);
        assertThat(limit.current()).isGreaterThan(96);

        limit.refused(now, 101);

        assertThat(limit.current()).isEqualTo(95);
    }

    @Test
    void forgetsTheCeilingOnceUpstreamTakesMore() {
        meetCeiling();
        answer(1000, 95);

        answer(3000, 150);

        assertThat(limit.current()).isGreaterThan(200);
    }

    /// From the least to a large upstream's usual.
    @Test
    void isBackSoonAfterAnOutage() {
        refuse(1000, 1);

        for (int i = 0; i < 5000; i++) {
            answer(1, limit.current());
        }

        assertThat(limit.current()).isGreaterThanOrEqualTo(500);
    }

    /// Upstream takes 100 and refuses a few more.
    private void meetCeiling() {
        refuse(23, 112);
        answer(150, 100);
        refuse(3, 101);
    }

    private void answer(int times, int inside) {
        for (int i = 0; i < times; i++) {
            now += MILLISECOND;
            limit.answered(now, inside);
        }
    }

    private void refuse(int times, int inside) {
        for (int i = 0; i < times; i++) {
            now += MILLISECOND;
            limit.refused(now, inside);
        }
    }
}
