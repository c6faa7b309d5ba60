package com.alltkn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FullHeapTest {

    private final FullHeap heap = new FullHeap(1000);

    @Test
    void isFullOnceTenSecondsOfCollectionsHaveLeftItFull() {
        for (var second = 0; second < 10; second++) {
            assertThat(isFull(950 + second, second, second)).isFalse();
        }

        assertThat(isFull(1000, 10, 10)).isTrue();
    }

    @Test
    void isNotFullWhereOneCollectionMadeRoom() {
        for (var second = 0; second < 1000; second++) {
            assertThat(isFull(second % 10 == 9 ? 949 : 1000, second, second)).isFalse();
        }
    }

    /// An idle process may stand with a heap of garbage for hours.
    @Test
    void isNotFullWhereNobodyCollected() {
        for (var second = 0; second < 1000; second++) {
            assertThat(isFull(1000, 7, second)).isFalse();
        }
    }

    @Test
    void countsTheCollectionsOfTheFullTimeOnly() {
        assertThat(isFull(100, 0, 0)).isFalse();
        for (var second = 0; second < 20; second++) {
            assertThat(isFull(990, 500 + Math.min(second, 2), second)).isFalse();
        }

        assertThat(isFull(990, 503, 20)).isTrue();
    }

    /// Stopped for an hour when it was full for a moment.
    @Test
    void isNotFullBecauseOfATimeInWhichItWasStopped() {
        assertThat(isFull(1000, 0, 0)).isFalse();
        assertThat(isFull(1000, 4, 3600)).isFalse();
        assertThat(isFull(1000, 5, 3601)).isFalse();
        assertThat(isFull(100, 6, 3602)).isFalse();
    }

    private boolean isFull(long used, long collections, long second) {
        return heap.isFull(used, collections, TimeUnit.SECONDS.toNanos(second));
    }
}
