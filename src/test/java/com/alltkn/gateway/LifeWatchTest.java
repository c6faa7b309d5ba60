package com.alltkn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LifeWatchTest {

    @Test
    void findsThatTheHeapIsFullBehindWhateverWrapsIt() {
        var heap = new OutOfMemoryError("Java heap space");
        var deep = new IllegalStateException(new RuntimeException(new Error("a task", heap)));

        assertThat(LifeWatch.isOutOfMemory(heap)).isTrue();
        assertThat(LifeWatch.isOutOfMemory(new OutOfMemoryError())).isTrue();
        assertThat(LifeWatch.isOutOfMemory(deep)).isTrue();
    }

    @Test
    void takesNothingElseForAFullHeap() {
        var direct =
                new OutOfMemoryError(
                        "Cannot reserve 65536 bytes of direct buffer memory (allocated: 10, limit:"
                                + " 10)");
        var ring = new RuntimeException("a");
        ring.initCause(new RuntimeException("b", ring));

        assertThat(LifeWatch.isOutOfMemory(direct)).isFalse();
        assertThat(LifeWatch.isOutOfMemory(new RuntimeException(direct))).isFalse();
        assertThat(LifeWatch.isOutOfMemory(new StackOverflowError())).isFalse();
        assertThat(LifeWatch.isOutOfMemory(ring)).isFalse();
        assertThat(LifeWatch.isOutOfMemory(null)).isFalse();
    }
}
