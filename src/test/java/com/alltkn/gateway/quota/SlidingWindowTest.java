package com.alltkn.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlidingWindowTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    @ParameterizedTest
    @ValueSource(longs = {0, -7_000_000_000_000L, Long.MAX_VALUE / 2})
    void forgetsASecondOnceAllOfItIsAMinuteOld(long begin) {
        var window = new SlidingWindow();
        var start = SlidingWindow.slot(begin) * SECOND;

        window.take(start + SECOND - 1, 5);

        assertThat(window.used(start + 61 * SECOND - 1)).isEqualTo(5);
        assertThat(window.used(start + 61 * SECOND)).isZero();
    }

    @Test
    void tellsWhenThereIsRoomAgain() {
        var window = new SlidingWindow();
        window.take(0, 3);
        window.take(10 * SECOND, 2);

        assertThat(window.untilFree(20 * SECOND, 6, 1)).isZero();
        assertThat(window.untilFree(20 * SECOND, 6, 2)).isEqualTo(Duration.ofSeconds(41));
        assertThat(window.untilFree(20 * SECOND, 6, 5)).isEqualTo(Duration.ofSeconds(51));
        assertThat(window.untilEmpty(20 * SECOND)).isEqualTo(Duration.ofSeconds(51));
    }

    @Test
    void givesBackOnlyWhatStillCounts() {
        var window = new SlidingWindow();
        window.take(0, 3);

        window.giveBack(30 * SECOND, SlidingWindow.slot(0), 1);
        assertThat(window.used(30 * SECOND)).isEqualTo(2);

        window.giveBack(90 * SECOND, SlidingWindow.slot(0), 2);
        assertThat(window.used(90 * SECOND)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void isTheSumOfWhatWasTakenWithinIt(int seed) {
        record Taken(long slot, long amount) {}
        var random = new Random(seed);
        var window = new SlidingWindow();
        var taken = new ArrayList<Taken>();
        var now = random.nextLong(1L << 50);

        for (int step = 0; step < 2_000; step++) {
            now += random.nextLong(random.nextInt(20) == 0 ? 100 * SECOND : SECOND);
            var slot = SlidingWindow.slot(now);
            if (random.nextInt(4) == 0 && !taken.isEmpty()) {
                var back = taken.remove(random.nextInt(taken.size()));
                window.giveBack(now, back.slot(), back.amount());
            } else {
                var amount = random.nextLong(1_000);
                window.take(now, amount);
                taken.add(new Taken(slot, amount));
            }

            assertThat(window.used(now))
                    .isEqualTo(
                            taken.stream()
                                    .filter(one -> one.slot() > slot - 61)
                                    .mapToLong(Taken::amount)
                                    .sum());
        }
    }
}
