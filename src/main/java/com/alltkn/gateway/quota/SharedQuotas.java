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
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// Accounts that all pods share in Redis. What is admitted is also counted on this pod, so that it
/// can go on by itself while Redis does not answer: it then admits its own share of each limit, by
/// what it admitted itself within the last minute, and tells Redis of it later. The same for a
/// minute after an account was lost, for the new one does not know of what was used just before.
final class SharedQuotas implements Quotas {

    private static final int RENEWALS_IN_A_LEASE = 4;

    /// What an outage of a quarter of an hour leaves at some 20 requests a second.
    private static final int MOST_OWED = 20_000;

    /// As much as Redis does in a fraction of a second, so that it is not held up for others.
    private static final int TOLD_A_BEAT = 2_000;

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
        return quotas;
    }

    @Override
    public void admit(Caller caller, Demand demand, Consumer<Admission> then) {
        var view = view(caller);
        var id = shared.pod() + "-" + Long.toString(ids.incrementAndGet(), Character.MAX_RADIX);
        if (!shared.isUp() || view.isDistrusted(clock.nanos())) {
            then.accept(alone(caller, demand, view, id, SharedReservation::beginAlone));
            return;
        }
        var answer = accounts.admit(caller, id, demand.total(), view.lastReply());
        answer.inTime()
                .onComplete(result ->
                        then.accept(
                                result.succeeded() && !isLost(caller, view, result.result())
                                        ? decided(caller, demand, id, result.result())
                                        : alone(
                                                caller,
                                                demand,
                                                view,
                                                id,
                                                reservation ->
                                                        reservation.begin(answer.atLast()))));
    }

    @Override
    public void standing(Caller caller, Consumer<Standing> then) {
        var view = view(caller);
        accounts.standing(caller, view.lastReply())
                .inTime()
                .onComplete(result ->
                        then.accept(
                                result.succeeded() && !isLost(caller, view, result.result())
                                        ? result.result().standing(caller)
                                        : local.standing(share(caller, view)).asOwnShare()));
    }

    @Override
    public Standing lastKnown(Caller caller) {
        var view = view(caller);
        return shared.isUp() && !view.isDistrusted(clock.nanos())
                ? view.lastReply().standing(caller)
                : local.standing(share(caller, view)).asOwnShare();
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
    /// @param begin tells the reservation what Redis knows of the exchange by itself
    private Admission alone(
            Caller caller,
            Demand demand,
            FleetView view,
            String id,
            Consumer<SharedReservation> begin) {
        var share = share(caller, view);
        var admission =
                view.lastReply().blocked()
                        ? new Refused(new GatewayError.CallerBlocked(), local.standing(share))
                        : local.admit(share, demand);
        return switch (admission) {
            case Admitted(var own) -> {
                var standing = own.standing().asOwnShare();
                var reservation = reservation(caller, demand, id, own, standing);
                begin.accept(reservation);
                yield new Admitted(reservation);
            }
            case Refused(var error, var now) -> {
                // Redis may have set something aside for it.
                var nothing = reservation(caller, demand, id, NOTHING_HERE, now);
                nothing.release();
                begin.accept(nothing);
                yield new Refused(error, now.asOwnShare());
            }
        };
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
        reservation
                .tell(accounts, view.lastReply(), clock.nanos())
                .ifPresent(told ->
                        told.onComplete(result -> {
                            if (result.succeeded()) {
                                isLost(caller, view, result.result());
                                // The exchange may have ended meanwhile.
                                tell(reservation);
                            } else {
                                later(reservation);
                            }
                        }));
        if (reservation.isOver()) {
            open.remove(reservation);
        }
    }

    private void later(SharedReservation reservation) {
        if (!owed.offer(reservation)) {
            dropped.increment();
            open.remove(reservation);
        }
    }

    private void catchUp() {
        var due = new ArrayList<SharedReservation>();
        owed.drainTo(due, TOLD_A_BEAT);
        due.forEach(this::tell);
        if (clock.nanos() - renewedAt >= renewal) {
            renewedAt = clock.nanos();
            renew();
        }
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
