package com.alltkn.gateway.upstream;

import com.alltkn.gateway.error.GatewayError;
import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.AIMDLimit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Bounds how many exchanges wait for upstream's first byte at once, by what upstream says to it:
/// the limit grows by one while it is made use of, and shrinks by a tenth when upstream has too
/// much to do or says nothing in time (additive increase, multiplicative decrease: Chiu and Jain
/// 1989, as in Netflix' concurrency-limits), each at most ten times a second. An answer that has
/// begun does not count, for it is no more work to take on.
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

    /// This part of its equal share a caller has in any case.
    private static final int FREE_PART = 8;

    private static final long SHORTEST_WINDOW = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_WINDOW = TimeUnit.SECONDS.toNanos(1);

    /// Days, after which it would take an answer for an overload.
    private static final long NO_LATENCY = 365;

    private final Limit limit;
    private final LongSupplier nanoTime;
    private final Map<String, Share> shares = new HashMap<>();
    private int inside;
    private int queued;

    /// @param config where the limit begins and ends
    @Inject
    UpstreamGate(GateConfig config) {
        this(adaptive(config), System::nanoTime);
    }

    /// @param limit how many may be inside
    /// @param nanoTime the time, as [System#nanoTime()] tells it
    UpstreamGate(Limit limit, LongSupplier nanoTime) {
        this.limit = limit;
        this.nanoTime = nanoTime;
    }

    static Limit adaptive(GateConfig config) {
        return WindowedLimit.newBuilder()
                .minWindowTime(SHORTEST_WINDOW, TimeUnit.NANOSECONDS)
                .maxWindowTime(LONGEST_WINDOW, TimeUnit.NANOSECONDS)
                .minRttThreshold(0, TimeUnit.NANOSECONDS)
                .build(
                        AIMDLimit.newBuilder()
                                .initialLimit(config.initialLimit())
                                .minLimit(config.minLimit())
                                .maxLimit(config.maxLimit())
                                .timeout(NO_LATENCY, TimeUnit.DAYS)
                                .build());
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
        var most = limit.getLimit();
        if (queued >= most || share.queue.size() >= Math.max(1, most / shares.size())) {
            forget(share);
            return new Full();
        }
        var ticket = new Ticket(share, later);
        share.queue.add(ticket);
        queued++;
        return ticket;
    }

    /// @return how many may be inside now
    public int limit() {
        return limit.getLimit();
    }

    /// @return how many are
    public synchronized int inside() {
        return inside;
    }

    /// @return how many wait to be let in
    public synchronized int queued() {
        return queued;
    }

    private boolean hasRoomFor(Share share) {
        var most = limit.getLimit();
        var equal = most / shares.size();
        // A few are always let in, for while the limit falls it is far below what is inside.
        return share.inside < Math.max(1, equal / FREE_PART)
                || (inside < most
                        && (share.inside < equal || inside < most - most / RESERVED_PART));
    }

    private Slot letIn(Share share) {
        share.inside++;
        inside++;
        return new Slot(share, nanoTime.getAsLong(), inside);
    }

    private void leave(Slot slot) {
        var granted = new ArrayList<Granted>();
        synchronized (this) {
            slot.share.inside--;
            inside--;
            forget(slot.share);
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

    private static boolean speaksOfOverload(GatewayError error) {
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

    /// What came of asking to be let in.
    public sealed interface Entry {}

    /// There is no room, and too many wait already.
    public record Full() implements Entry {}

    /// A place in the queue.
    public final class Ticket implements Entry {

        private final Share share;
        private final Consumer<Slot> later;

        private Ticket(Share share, Consumer<Slot> later) {
            this.share = share;
            this.later = later;
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

    /// A place inside. It is left once; leaving again changes nothing.
    public final class Slot implements Entry {

        private final Share share;
        private final long since;
        private final int insideThen;
        private boolean left;

        private Slot(Share share, long since, int insideThen) {
            this.share = share;
            this.since = since;
            this.insideThen = insideThen;
        }

        /// Leaves, for the answer has begun.
        public void answered() {
            if (!left) {
                limit.onSample(since, nanoTime.getAsLong() - since, insideThen, false);
                leave();
            }
        }

        /// An attempt failed. Stays, for another may follow.
        ///
        /// @param error how; what says that upstream has too much to do makes the limit smaller
        public void failed(GatewayError error) {
            if (!left && speaksOfOverload(error)) {
                limit.onSample(since, nanoTime.getAsLong() - since, insideThen, true);
            }
        }

        /// Leaves without having learned anything.
        public void leave() {
            if (!left) {
                left = true;
                UpstreamGate.this.leave(this);
            }
        }
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
