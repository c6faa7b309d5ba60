package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// What other threads tell the loop. Nothing here blocks; each signal ends the loop's pause.
final class Signals {

    /// How long an exchange may wait for another revision.
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Pause pause;
    private final AtomicReference<@Nullable Revision> refused = new AtomicReference<>();
    private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean readWanted = new AtomicBoolean();
    private final AtomicBoolean recovered = new AtomicBoolean();
    private final AtomicBoolean candidateRefused = new AtomicBoolean();

    Signals(Pause pause) {
        this.pause = pause;
    }

    Pause pause() {
        return pause;
    }

    void wantRead() {
        readWanted.set(true);
        pause.wake();
    }

    boolean takeReadWanted() {
        return readWanted.getAndSet(false);
    }

    void refused(Revision bound) {
        // Called by every attempt that meets a dead key: the first is enough.
        if (refused.getAndSet(bound) == null) {
            pause.wake();
        }
    }

    @Nullable Revision takeRefused() {
        return refused.getAndSet(null);
    }

    void candidateRefused() {
        if (!candidateRefused.getAndSet(true)) {
            pause.wake();
        }
    }

    boolean takeCandidateRefused() {
        return candidateRefused.getAndSet(false);
    }

    /// @return what completes when the loop has looked for a replacement, in any case in time
    CompletionStage<Optional<Revision>> awaitReplacement(Revision bound) {
        var waiter =
                new CompletableFuture<Optional<Revision>>()
                        .completeOnTimeout(
                                Optional.empty(), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        waiters.add(new Waiter(bound, waiter));
        refused(bound);
        // Where an earlier signal is being taken this very moment, nobody else would wake it.
        pause.wake();
        return waiter;
    }

    boolean hasWaiters() {
        return !waiters.isEmpty();
    }

    /// Ends the wait of all who wait.
    ///
    /// @param active what carries requests now, if it is proven
    void answerWaiters(Optional<Revision> active) {
        for (var next = waiters.poll(); next != null; next = waiters.poll()) {
            var bound = next.bound;
            next.future.complete(active.filter(revision -> !revision.sameContentAs(bound)));
        }
    }

    void recovered() {
        // Called by every exchange that ends well after a failure: the first is enough.
        if (!recovered.getAndSet(true)) {
            pause.wake();
        }
    }

    boolean takeRecovered() {
        return recovered.getAndSet(false);
    }

    private record Waiter(Revision bound, CompletableFuture<Optional<Revision>> future) {}
}
