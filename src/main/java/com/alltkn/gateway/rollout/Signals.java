package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
    private final AtomicReference<@Nullable Refusal> refused = new AtomicReference<>();
    private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();

    /// Who waits for the refresh that the loop has in mind; belongs to its thread.
    private final List<Waiter> heard = new ArrayList<>();

    private final AtomicBoolean readWanted = new AtomicBoolean();
    private final AtomicBoolean recovered = new AtomicBoolean();
    private final AtomicReference<@Nullable Refusal> candidateRefused = new AtomicReference<>();

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

    void refused(Refusal refusal) {
        // Called by every attempt that meets a dead key: the first is enough.
        if (refused.getAndSet(refusal) == null) {
            pause.wake();
        }
    }

    /// @return what was refused since the last call, by whoever is heard now among others
    @Nullable Refusal takeRefused() {
        // First who waits and then what they refused: nobody is heard before that is known.
        for (var next = waiters.poll(); next != null; next = waiters.poll()) {
            heard.add(next);
        }
        return refused.getAndSet(null);
    }

    void candidateRefused(Refusal refusal) {
        if (candidateRefused.getAndSet(refusal) == null) {
            pause.wake();
        }
    }

    @Nullable Refusal takeCandidateRefused() {
        return candidateRefused.getAndSet(null);
    }

    /// @return what completes when the loop has looked for a replacement, in any case in time
    CompletionStage<Optional<Revision>> awaitReplacement(Revision bound) {
        var waiter =
                new CompletableFuture<Optional<Revision>>()
                        .completeOnTimeout(
                                Optional.empty(), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        refused.updateAndGet(known -> Refusal.of(bound, null).after(known));
        waiters.add(new Waiter(bound, waiter));
        pause.wake();
        return waiter;
    }

    /// Ends the wait of all who were heard.
    ///
    /// @param active what carries requests now, if it is proven
    void answerHeard(Optional<Revision> active) {
        for (var next : heard) {
            var bound = next.bound;
            next.future.complete(active.filter(revision -> !revision.sameContentAs(bound)));
        }
        heard.clear();
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
