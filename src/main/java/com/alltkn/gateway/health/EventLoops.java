package com.alltkn.gateway.health;

import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.impl.PartialPooledByteBufAllocator;
import io.vertx.core.impl.VertxInternal;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Whether every event loop still does what it is given. One that is dead or stuck leaves its
/// connections without an answer, while the others go on and the probe, which any of them may
/// answer, says that all is well.
///
/// Each is asked at every beat, about once a second, to do what the smallest read needs. Silence is
/// counted in beats and not by a clock, so that neither a process that was stopped for a while nor
/// a long collection counts for more than one.
@Singleton
public class EventLoops {

    /// After so many silent beats of a loop the process does not live, as the probe sees it.
    public static final int STUCK_AFTER = 10;

    /// After so many it should end, by itself if nobody has ended it.
    public static final int GIVEN_UP_AFTER = 30;

    private static final int BUFFER = 16 * 1024;

    private final List<Loop> loops;

    @Inject
    EventLoops(Vertx vertx) {
        this(executorsOf((VertxInternal) vertx), EventLoops::useBuffer);
    }

    /// @param executors of the loops
    /// @param task what each is asked to do
    EventLoops(List<? extends Executor> executors, Runnable task) {
        this.loops = executors.stream().map(executor -> new Loop(executor, task)).toList();
    }

    /// Counts who has not answered, and asks the others again. For one thread.
    public void beat() {
        loops.forEach(Loop::beat);
    }

    /// @return whether all of them have answered lately
    public boolean areWell() {
        return loops.stream().allMatch(loop -> loop.silence < STUCK_AFTER);
    }

    /// @return whether one of them will not answer any more
    public boolean areGivenUp() {
        return loops.stream().anyMatch(loop -> loop.silence >= GIVEN_UP_AFTER);
    }

    /// Those that read and write, and the one that accepts connections.
    private static List<EventExecutor> executorsOf(VertxInternal vertx) {
        return Stream.of(vertx.getEventLoopGroup(), vertx.getAcceptorEventLoopGroup())
                .flatMap(group -> StreamSupport.stream(group.spliterator(), false))
                .toList();
    }

    /// Where Netty's memory is all taken, a loop runs but cannot read a byte.
    private static void useBuffer() {
        PartialPooledByteBufAllocator.INSTANCE.ioBuffer(BUFFER).release();
    }

    private static final class Loop {

        private final Executor executor;
        private final Runnable task;
        private volatile boolean isAsked;
        private volatile boolean hasAnswered = true;
        private volatile int silence;

        Loop(Executor executor, Runnable task) {
            this.executor = executor;
            this.task = task;
        }

        void beat() {
            silence = hasAnswered ? 0 : silence + 1;
            if (!isAsked) {
                isAsked = true;
                hasAnswered = false;
                try {
                    executor.execute(this::answer);
                } catch (RejectedExecutionException e) {
                    // It has ended.
                    isAsked = false;
                }
            }
        }

        private void answer() {
            try {
                task.run();
                hasAnswered = true;
            } finally {
                isAsked = false;
            }
        }
    }
}
