package com.alltkn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FullHeapTest {

    private final FullHeap heap = new FullHeap(1000);

    @Test
    void isFullOnceTenSecondsOfCollectionsHaveLeftItFull() {
        for (var second = 0; second < 10; second++) {
            assertThat(heap.isFull(950 + second, second)).isFalse();
        }

        assertThat(heap.isFull(1000, 10)).isTrue();
    }

    @Test
    void isNotFullWhereOneCollectionMadeRoom() {
        for (var second = 0; second < 1000; second++) {
            assertThat(heap.isFull(second % 10 == 9 ? 949 : 1000, second)).isFalse();
        }
    }

    /// An idle process may stand with a heap of garbage for hours.
    @Test
    void isNotFullWhereNobodyCollected() {
        for (var second = 0; second < 1000; second++) {
            assertThat(heap.isFull(1000, 7)).isFalse();
        }
    }

    @Test
    void countsTheCollectionsOfTheFullTimeOnly() {
        assertThat(heap.isFull(100, 0)).isFalse();
        for (var second = 0; second < 20; second++) {
            assertThat(heap.isFull(990, 500 + Math.min(second, 2))).isFalse();
        }

        assertThat(heap.isFull(990, 503)).isTrue();
    }
}
