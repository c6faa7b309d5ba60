package com.alltkn.gateway.upstream;

import com.alltkn.gateway.error.GatewayError;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Bounds how many exchanges wait for upstream's first byte at once, by what upstream says to it
/// ([GateLimit]). An answer that has begun does not count, for it is no more work to take on, nor
/// does an exchange that waits to be tried again.
///
/// That answers take longer is no sign: a model takes as long as its answer is long. An algorithm
/// that goes by latency refuses nine of ten requests of an upstream that has room for all, for
/// whatever it takes as usual.
///
/// Whoever finds it full waits for a short time in a queue of its own, one for each caller, and
/// those who have least inside are let in first. A caller with more than its equal share leaves the
/// last tenth to the others, so that they find room at once however much it asks.
///
/// Safe for use by several threads. The lock guards every field and is held for a few instructions;
/// nobody is called under it.
@Singleton
public class UpstreamGate {

    /// As many are left to callers below their share.
    private static final int RESERVED_PART = 10;

    /// Who has less than this part of its equal share may use what the limit spares, too.
    private static final int LITTLE_PART = 2;

    /// It is the next to be let in, too, so that a wait of so many times the usual is not in vain.
    private static final int LONGER_WAIT = 3;

    private final GateLimit limit;
    private final LongSupplier nanoTime;
    private final Map<String, Share> shares = new HashMap<>();
    private int inside;
    private int queued;

    /// @param config where the limit begins and ends
    @Inject
    UpstreamGate(GateConfig config) {
        this(config, System::nanoTime);
    }

    /// @param config where the limit begins and ends
    /// @param nanoTime the time, as [System#nanoTime()] tells it
    UpstreamGate(GateConfig config, LongSupplier nanoTime) {
        this.limit = new GateLimit(config, nanoTime.getAsLong());
        this.nanoTime = nanoTime;
    }

    /// Asks to be let in.
    ///
    /// @param caller who asks
    /// @param later told if there is room later, by whatever thread makes it
    /// @return what happened
    public synchronized Entry enter(String caller, Consumer<Slot> later) {
        var share = shares.computeIfAbsent(caller, Share::new);
        if (share.queue.isEmpty() && hasRoomFor(share)) {
            return letIn(share);
        }
        // Longer queues than what is inside would only make everybody late.
        var most = limit.current();
        // Who has nobody in them yet finds room even where others have filled them.
        var longest = share.queue.isEmpty() ? 2 * most : most;
        if (queued >= longest || share.queue.size() >= Math.max(1, most / shares.size())) {
            forget(share);
            return new Full();
        }
        var next = share.inside < most / shares.size() / LITTLE_PART;
        var ticket = new Ticket(share, later, next ? LONGER_WAIT : 1);
        share.queue.add(ticket);
        queued++;
        return ticket;
    }

    /// @return what is known now
    public synchronized View view() {
        return new View(limit.current(), inside, queued);
    }

    private boolean hasRoomFor(Share share) {
        var most = limit.current();
        var equal = most / shares.size();
        if (share.inside < Math.max(1, equal / LITTLE_PART)) {
            return inside < limit.withSpare();
        }
        return inside < (share.inside < equal ? most : most - most / RESERVED_PART);
    }

    private Slot letIn(Share share) {
        share.inside++;
        inside++;
        return new Slot(share);
    }

    private void leave(Share share, boolean answered) {
        var granted = new ArrayList<Granted>(1);
        synchronized (this) {
            if (answered) {
                limit.answered(nanoTime.getAsLong(), inside);
            }
            share.inside--;
            inside--;
            forget(share);
            while (queued > 0) {
                var next = next();
                if (next == null) {
                    break;
                }
                queued--;
                granted.add(new Granted(next.queue.removeFirst(), letIn(next)));
            }
        }
        granted.forEach(one -> one.ticket.later.accept(one.slot));
    }

    private synchronized Share comeBack(String caller) {
        var share = shares.computeIfAbsent(caller, Share::new);
        share.inside++;
        inside++;
        return share;
    }

    private synchronized void refused() {
        limit.refused(nanoTime.getAsLong(), inside);
    }

    private @Nullable Share next() {
        Share least = null;
        for (var share : shares.values()) {
            if (!share.queue.isEmpty()
                    && (least == null || share.inside < least.inside)
                    && hasRoomFor(share)) {
                least = share;
            }
        }
        return least;
    }

    static boolean speaksOfOverload(GatewayError error) {
        return switch (error) {
            case GatewayError.UpstreamOverloaded _, GatewayError.UpstreamRateLimited _ -> true;
            case GatewayError.UpstreamTimeout(var clock) ->
                    switch (clock) {
                        case CONNECT, FIRST_BYTE, UPSTREAM -> true;
                        case IDLE, TOTAL -> false;
                    };
            default -> false;
        };
    }

    private void forget(Share share) {
        if (share.inside == 0 && share.queue.isEmpty()) {
            shares.remove(share.caller);
        }
    }

    /// What is known of the gate at one time.
    ///
    /// @param limit how many may be inside
    /// @param inside how many are
    /// @param queued how many wait to be let in
    public record View(int limit, int inside, int queued) {}

    /// What came of asking to be let in.
    public sealed interface Entry {}

    /// There is no room, and too many wait already.
    public record Full() implements Entry {}

    /// A place in the queue.
    public final class Ticket implements Entry {

        private final Share share;
        private final Consumer<Slot> later;
        private final int patience;

        private Ticket(Share share, Consumer<Slot> later, int patience) {
            this.share = share;
            this.later = later;
            this.patience = patience;
        }

        /// @param usual how long somebody waits
        /// @return how long this one should
        public Duration patience(Duration usual) {
            return usual.multipliedBy(patience);
        }

        /// Waits no longer.
        ///
        /// @return whether it was still in the queue; if not, a slot has been given to it
        public boolean tryGiveUp() {
            synchronized (UpstreamGate.this) {
                if (!share.queue.remove(this)) {
                    return false;
                }
                queued--;
                forget(share);
                return true;
            }
        }
    }

    /// What claim an exchange has to trouble an overloaded upstream once more.
    public enum Claim {
        /// Its caller has no more inside than others.
        FULL,
        /// Its caller has more inside than others.
        SMALL,
        /// Others of the same caller wait for room, which it would take from them.
        NONE
    }

    /// A place inside. It is left once; leaving again changes nothing. Not safe for use by several
    /// threads.
    public final class Slot implements Entry {

        private Share share;
        private State state = State.INSIDE;

        private Slot(Share share) {
            this.share = share;
        }

        /// Leaves, for the answer has begun.
        public void answered() {
            if (state == State.INSIDE) {
                state = State.LEFT;
                UpstreamGate.this.leave(share, true);
            }
        }

        /// An attempt failed. Stays, for another may follow.
        ///
        /// @param error how; what says that upstream has too much to do makes the limit smaller
        public void failed(GatewayError error) {
            if (state == State.INSIDE && speaksOfOverload(error)) {
                UpstreamGate.this.refused();
            }
        }

        /// @return what claim it has to try again
        public Claim claim() {
            synchronized (UpstreamGate.this) {
                if (!share.queue.isEmpty()) {
                    return Claim.NONE;
                }
                var equal = inside / Math.max(1, shares.size());
                return shares.size() > 1 && share.inside > equal ? Claim.SMALL : Claim.FULL;
            }
        }

        /// Steps out for a while, so that somebody else finds room.
        public void stepOut() {
            if (state == State.INSIDE) {
                state = State.OUTSIDE;
                UpstreamGate.this.leave(share, false);
            }
        }

        /// Comes back, whether there is room or not.
        public void stepIn() {
            if (state == State.OUTSIDE) {
                state = State.INSIDE;
                share = UpstreamGate.this.comeBack(share.caller);
            }
        }

        /// Leaves without having learned anything.
        public void leave() {
            if (state == State.INSIDE) {
                UpstreamGate.this.leave(share, false);
            }
            state = State.LEFT;
        }
    }

    private enum State {
        INSIDE,
        OUTSIDE,
        LEFT
    }

    private record Granted(Ticket ticket, Slot slot) {}

    private static final class Share {

        private final String caller;
        private final Deque<Ticket> queue = new ArrayDeque<>(0);
        private int inside;

        Share(String caller) {
            this.caller = caller;
        }
    }
}
