package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.quota.Admission.Admitted;
import com.alltkn.gateway.quota.Admission.Refused;
import com.alltkn.gateway.quota.RedisAccounts.Lease;
import com.alltkn.gateway.redis.SharedState;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Accounts that all pods share in Redis. What is admitted is also counted on this pod, so that it
/// can go on by itself while Redis does not answer: it then admits its own share of each limit, by
/// what it admitted itself within the last minute, and tells Redis of it later. The same for a
/// minute after an account was lost, for the new one does not know of what was used just before.
final class SharedQuotas implements Quotas {

    private static final int RENEWALS_IN_A_LEASE = 4;

    /// What an outage of a quarter of an hour leaves at some 20 requests a second.
    private static final int MOST_OWED = 20_000;

    /// Debts that are told at once, so that requests are not held up for them.
    private static final int TOLD_AT_ONCE = 32;

    /// Until every pod has told most of its debts after an outage.
    private static final Duration SETTLING = Duration.ofSeconds(3);

    /// After this time a pod does not wait for its debts any more.
    private static final Duration LONGEST_SETTLING = Duration.ofSeconds(30);

    /// Stands for a part on this pod where there is none.
    private static final Reservation NOTHING_HERE =
            new Reservation() {
                @Override
                public Standing standing() {
                    throw new UnsupportedOperationException("nobody asks");
                }

                @Override
                public void settle(long tokens) {}

                @Override
                public void settleUnknown() {}

                @Override
                public void release() {}
            };

    private final SharedState shared;
    private final RedisAccounts accounts;
    private final LocalQuotas local;
    private final QuotaClock clock;
    private final long window;
    private final long renewal;
    private final Map<String, FleetView> views = new ConcurrentHashMap<>();
    private final Set<SharedReservation> open = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<SharedReservation> owed = new ArrayBlockingQueue<>(MOST_OWED);
    private final AtomicInteger tellings = new AtomicInteger();
    private final AtomicLong ids = new AtomicLong();
    private final LongAdder dropped = new LongAdder();
    private volatile long renewedAt;

    private SharedQuotas(SharedState shared, LocalQuotas local, QuotaClock clock, Duration slot) {
        this.shared = shared;
        this.accounts = new RedisAccounts(shared, slot);
        this.local = local;
        this.clock = clock;
        this.window = slot.multipliedBy(SlidingWindow.SLOTS).toNanos();
        this.renewal = accounts.lease().dividedBy(RENEWALS_IN_A_LEASE).toNanos();
        this.renewedAt = clock.nanos();
    }

    /// Keeps accounts in what is shared.
    ///
    /// @param shared where
    /// @param local what this pod counts itself
    /// @param clock the time here
    /// @param slot the length of a slot of a window in Redis
    static SharedQuotas on(SharedState shared, LocalQuotas local, QuotaClock clock, Duration slot) {
        var quotas = new SharedQuotas(shared, local, clock, slot);
        shared.afterBeat(quotas::catchUp);
        shared.beforeStop(quotas::tellTheRest);
        return quotas;
    }

    @Override
    public void admit(Caller caller, Demand demand, Consumer<Admission> then) {
        var view = view(caller);
        var id = shared.pod() + "-" + Long.toString(ids.incrementAndGet(), Character.MAX_RADIX);
        if (!isTrusted(view)) {
            then.accept(alone(caller, demand, view, id, null));
            return;
        }
        var answer = accounts.admit(caller, id, demand.total(), view.lastReply());
        answer.inTime()
                .onComplete(result ->
                        then.accept(
                                result.succeeded() && !isLost(caller, view, result.result())
                                        ? decided(caller, demand, id, result.result())
                                        : alone(caller, demand, view, id, answer.atLast())));
    }

    @Override
    public void standing(Caller caller, Consumer<Standing> then) {
        var view = view(caller);
        accounts.standing(caller, view.lastReply())
                .inTime()
                .onComplete(result ->
                        then.accept(
                                result.succeeded()
                                                && !isLost(caller, view, result.result())
                                                && isTrusted(view)
                                        ? result.result().standing(caller)
                                        : local.standing(share(caller, view)).asOwnShare()));
    }

    @Override
    public Standing lastKnown(Caller caller) {
        var view = view(caller);
        return isTrusted(view)
                ? view.lastReply().standing(caller)
                : local.standing(share(caller, view)).asOwnShare();
    }

    @Override
    public Spending lastSpending(Caller caller) {
        return view(caller).spending(local.lastSpending(caller), clock.today());
    }

    @Override
    public int untold() {
        return owed.size();
    }

    @Override
    public long neverTold() {
        return dropped.sum();
    }

    private Admission decided(Caller caller, Demand demand, String id, AccountReply reply) {
        var standing = reply.standing(caller);
        var refusal = reply.refusal(caller);
        if (refusal.isPresent()) {
            return new Refused(refusal.get(), standing);
        }
        var own = (Admitted) local.admit(Caller.named(caller.id()), demand);
        var reservation = reservation(caller, demand, id, own.reservation(), standing);
        reservation.begin(Future.succeededFuture(reply));
        return new Admitted(reservation);
    }

    /// Decides by this pod's own share.
    ///
    /// @param asked what Redis answers to the request to admit it, if it was asked
    private Admission alone(
            Caller caller,
            Demand demand,
            FleetView view,
            String id,
            @Nullable Future<AccountReply> asked) {
        var share = share(caller, view);
        return switch (admission(caller, share, demand, view)) {
            case Admitted(var own) -> {
                var standing = own.standing().asOwnShare();
                var reservation = reservation(caller, demand, id, own, standing);
                if (asked == null) {
                    reservation.beginAlone();
                } else {
                    reservation.begin(asked);
                }
                yield new Admitted(reservation);
            }
            case Refused(var error, var now) -> {
                if (asked != null) {
                    // Redis may have set something aside for it.
                    var nothing = reservation(caller, demand, id, NOTHING_HERE, now);
                    nothing.release();
                    nothing.begin(asked);
                }
                yield new Refused(error, now.asOwnShare());
            }
        };
    }

    private Admission admission(Caller caller, Caller share, Demand demand, FleetView view) {
        if (!view.lastReply().blocked()) {
            return local.admit(share, demand);
        }
        // Perhaps it is not any more.
        accounts.standing(caller, view.lastReply())
                .inTime()
                .onSuccess(reply -> isLost(caller, view, reply));
        return new Refused(new GatewayError.CallerBlocked(), local.standing(share));
    }

    /// Whether Redis has heard of all that counts, as far as can be known.
    private boolean isTrusted(FleetView view) {
        var upFor = shared.upFor();
        return shared.isUp()
                && upFor.compareTo(SETTLING) >= 0
                && (owed.isEmpty() || upFor.compareTo(LONGEST_SETTLING) >= 0)
                && !view.isDistrusted(clock.nanos())
                && shared.replaced().filter(ago -> ago.toNanos() < window).isEmpty();
    }

    private SharedReservation reservation(
            Caller caller, Demand demand, String id, Reservation own, Standing standing) {
        var reservation =
                new SharedReservation(
                        caller, id, demand.total(), clock.nanos(), own, standing, this::owe);
        open.add(reservation);
        return reservation;
    }

    private boolean isLost(Caller caller, FleetView view, AccountReply reply) {
        var lost = view.hear(reply, local.standing(caller)) && local.countsAnything(caller);
        if (lost) {
            view.distrust(clock.nanos() + window);
        }
        return lost;
    }

    private Caller share(Caller caller, FleetView view) {
        var today = clock.today();
        var month = YearMonth.from(today);
        return view.share(
                caller,
                shared.pods(),
                today.toEpochDay(),
                month.getYear() * 12L + month.getMonthValue());
    }

    private FleetView view(Caller caller) {
        return views.computeIfAbsent(caller.id(), _ -> new FleetView());
    }

    /// Tells Redis what it has to be told of an exchange, now or when it answers again.
    private void owe(SharedReservation reservation) {
        if (shared.isUp()) {
            tell(reservation);
        } else {
            later(reservation);
        }
    }

    private void tell(SharedReservation reservation) {
        var caller = reservation.caller();
        var view = view(caller);
        var telling = reservation.tell(accounts, view.lastReply(), clock.nanos());
        if (telling.isPresent()) {
            tellings.incrementAndGet();
            telling.get()
                    .onComplete(told -> {
                        tellings.decrementAndGet();
                        if (told.succeeded()) {
                            isLost(caller, view, told.result());
                            // The exchange may have ended meanwhile.
                            tell(reservation);
                            tellMore();
                        } else {
                            later(reservation);
                        }
                    });
        } else if (reservation.isOver()) {
            open.remove(reservation);
        }
    }

    private void later(SharedReservation reservation) {
        if (reservation.tryQueue() && !owed.offer(reservation)) {
            dropped.increment();
            open.remove(reservation);
        }
    }

    private void tellMore() {
        while (tellings.get() < TOLD_AT_ONCE && shared.isUp()) {
            var next = owed.poll();
            if (next == null) {
                return;
            }
            next.leaveQueue();
            tell(next);
        }
    }

    private void catchUp() {
        tellMore();
        if (clock.nanos() - renewedAt >= renewal) {
            renewedAt = clock.nanos();
            renew();
        }
    }

    /// @return done when Redis has been told of everything, or does not answer
    private Future<?> tellTheRest() {
        tellMore();
        if (!shared.isUp() || (owed.isEmpty() && tellings.get() == 0)) {
            return Future.succeededFuture();
        }
        return shared.moment().compose(_ -> tellTheRest());
    }

    private void renew() {
        var leases = new HashMap<Caller, List<Lease>>();
        for (var reservation : open) {
            reservation
                    .lease()
                    .ifPresent(lease ->
                            leases.computeIfAbsent(reservation.caller(), _ -> new ArrayList<>())
                                    .add(lease));
        }
        leases.forEach((caller, of) -> accounts.renew(caller, of, view(caller).lastReply()));
    }
}
