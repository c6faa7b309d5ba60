package com.alltkn.gateway.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class EventLoopsTest {

    private final MadeUpLoop one = new MadeUpLoop();
    private final MadeUpLoop other = new MadeUpLoop();
    private boolean outOfBuffers;
    private final EventLoops loops = new EventLoops(List.of(one, other), this::useBuffer);

    @Test
    void areWellWhileEachAnswers() {
        beat(1000);

        assertThat(loops.areWell()).isTrue();
        assertThat(loops.areGivenUp()).isFalse();
    }

    @Test
    void areNotWellOnceOneOfThemHasBeenSilentForTenBeats() {
        beat(1);
        one.isStuck = true;

        beat(10);
        assertThat(loops.areWell()).isTrue();
        beat(1);
        assertThat(loops.areWell()).isFalse();
        beat(19);
        assertThat(loops.areGivenUp()).isFalse();
        beat(1);
        assertThat(loops.areGivenUp()).isTrue();
    }

    @Test
    void askOneThatIsStuckOnlyOnce() {
        one.isStuck = true;

        beat(100);

        assertThat(one.tasks).hasSize(1);
    }

    @Test
    void areWellAgainOnceItAnswers() {
        one.isStuck = true;
        beat(25);
        one.isStuck = false;

        beat(2);

        assertThat(loops.areWell()).isTrue();
    }

    @Test
    void areGivenUpWhereOneHasEnded() {
        other.hasEnded = true;

        beat(10);
        assertThat(loops.areWell()).isTrue();
        beat(1);
        assertThat(loops.areWell()).isFalse();
        beat(20);
        assertThat(loops.areGivenUp()).isTrue();
    }

    /// All of Netty's memory is taken: the loops turn, but cannot read a byte.
    @Test
    void areGivenUpWhereNoBufferCanBeHadAndHealWhereOneCan() {
        beat(1);
        outOfBuffers = true;
        beat(29);
        assertThat(loops.areWell()).isFalse();
        assertThat(loops.areGivenUp()).isFalse();

        outOfBuffers = false;
        beat(2);
        assertThat(loops.areWell()).isTrue();

        outOfBuffers = true;
        beat(31);
        assertThat(loops.areGivenUp()).isTrue();
    }

    private void beat(int times) {
        for (int i = 0; i < times; i++) {
            loops.beat();
            one.turn();
            other.turn();
        }
    }

    private void useBuffer() {
        if (outOfBuffers) {
            throw new OutOfMemoryError("direct buffer memory");
        }
    }

    private static final class MadeUpLoop implements Executor {

        private final Queue<Runnable> tasks = new ArrayDeque<>();
        private boolean isStuck;
        private boolean hasEnded;

        @Override
        public void execute(Runnable task) {
            if (hasEnded) {
                throw new RejectedExecutionException();
            }
            tasks.add(task);
        }

        void turn() {
            while (!isStuck && !tasks.isEmpty()) {
                try {
                    tasks.remove().run();
                } catch (OutOfMemoryError e) {
                    // An event loop logs it and goes on.
                    continue;
                }
            }
        }
    }
}
