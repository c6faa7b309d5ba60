package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.quota.Admission.Admitted;
import com.alltkn.gateway.quota.Admission.Refused;
import com.alltkn.gateway.quota.RedisAccounts.End;
import com.alltkn.gateway.quota.RedisAccounts.Exchange;
import com.alltkn.gateway.quota.RedisAccounts.Lease;
import com.alltkn.gateway.redis.Fleet;
import com.alltkn.gateway.redis.Scripts;
import com.alltkn.gateway.redis.SharedState;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
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

    /// Debts that all pods tell at once: some 5 ms of Redis' time, so that neither a request nor a
    /// beat is ever late for them.
    private static final int TOLD_AT_ONCE = 64;

    /// Until every pod has told most of its debts after an outage.
    private static final Duration SETTLING = Duration.ofSeconds(3);

    /// After this time a pod does not wait for its debts any more.
    private static final Duration LONGEST_SETTLING = Duration.ofSeconds(30);

    private final Scripts scripts;
    private final Fleet fleet;
    private final RedisAccounts accounts;
    private final LocalQuotas local;
    private final QuotaClock clock;
    private final long window;
    private final long renewal;
    private final Map<String, FleetView> views = new ConcurrentHashMap<>();
    private final Set<Debt> open = ConcurrentHashMap.newKeySet();
    private final BlockingQueue<Debt> owed = new ArrayBlockingQueue<>(MOST_OWED);
    private final AtomicInteger tellings = new AtomicInteger();
    private final AtomicLong ids = new AtomicLong();
    private final LongAdder dropped = new LongAdder();
    private volatile long renewedAt;

    private SharedQuotas(SharedState shared, LocalQuotas local, QuotaClock clock, Duration slot) {
        this.scripts = shared.scripts();
        this.fleet = shared.fleet();
        this.accounts =
                new RedisAccounts(scripts, slot, caller -> view(caller).lastReply().spent());
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
        shared.fleet().afterBeat(quotas::catchUp);
        shared.fleet().beforeStop(quotas::tellTheRest);
        return quotas;
    }

    @Override
    public void admit(Caller caller, Demand demand, Consumer<Admission> then) {
        var view = view(caller);
        var debt = debt(caller, demand);
        if (!isTrusted(view)) {
            then.accept(alone(debt, demand, view, Future.succeededFuture(Optional.empty())));
            return;
        }
        var answer = accounts.admit(debt.exchange());
        answer.inTime()
                .onComplete(result ->
                        then.accept(
                                result.succeeded() && tryHear(caller, view, result.result())
                                        ? decided(debt, demand, result.result())
                                        : alone(
                                                debt,
                                                demand,
                                                view,
                                                answer.atLast().map(AccountReply::ifAdmitted))));
    }

    @Override
    public void standing(Caller caller, Consumer<Standing> then) {
        var view = view(caller);
        accounts.standing(caller)
                .inTime()
                .onComplete(result ->
                        then.accept(
                                result.succeeded()
                                                && tryHear(caller, view, result.result())
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
    public View view() {
        return new View(owed.size(), dropped.sum());
    }

    private Admission decided(Debt debt, Demand demand, AccountReply reply) {
        var caller = debt.caller();
        var standing = reply.standing(caller);
        var refusal = reply.refusal(caller);
        if (refusal.isPresent()) {
            return new Refused(refusal.get(), standing);
        }
        var own = (Admitted) local.admit(Caller.named(caller.id()), demand);
        begin(debt, Future.succeededFuture(Optional.of(reply)));
        return new Admitted(new SharedReservation(own.reservation(), debt, standing));
    }

    /// Decides by this pod's own share.
    ///
    /// @param asked what Redis knows of it, as [Debt] wants it
    private Admission alone(
            Debt debt, Demand demand, FleetView view, Future<Optional<AccountReply>> asked) {
        return switch (byOwnShare(debt.caller(), demand, view)) {
            case Admitted(var own) -> {
                begin(debt, asked);
                yield new Admitted(new SharedReservation(own, debt, own.standing().asOwnShare()));
            }
            case Refused(var error, var standing) -> {
                // Redis may have set something aside for it.
                debt.end(new End(0, true));
                begin(debt, asked);
                yield new Refused(error, standing.asOwnShare());
            }
        };
    }

    private Admission byOwnShare(Caller caller, Demand demand, FleetView view) {
        var share = share(caller, view);
        if (!view.lastReply().blocked()) {
            return local.admit(share, demand);
        }
        // Perhaps it is not any more.
        accounts.standing(caller).inTime().onSuccess(reply -> tryHear(caller, view, reply));
        return new Refused(new GatewayError.CallerBlocked(), local.standing(share));
    }

    /// Whether Redis has heard of all that counts, as far as can be known.
    private boolean isTrusted(FleetView view) {
        var settling = owed.isEmpty() ? SETTLING : LONGEST_SETTLING;
        return scripts.upFor().filter(up -> up.compareTo(settling) >= 0).isPresent()
                && !view.isDistrusted(clock.nanos())
                && fleet.replaced().filter(ago -> ago.toNanos() < window).isEmpty();
    }

    private Debt debt(Caller caller, Demand demand) {
        var id = fleet.pod() + "-" + Long.toString(ids.incrementAndGet(), Character.MAX_RADIX);
        return new Debt(new Exchange(caller, id, demand.total()), clock.nanos(), this::owe);
    }

    private void begin(Debt debt, Future<Optional<AccountReply>> asked) {
        open.add(debt);
        debt.begin(asked);
    }

    /// Takes in what Redis says of an account.
    ///
    /// @return whether it can be trusted: it is the one that was known, and not one that was begun
    ///   after that was lost
    private boolean tryHear(Caller caller, FleetView view, AccountReply reply) {
        var lost = view.hear(reply, local.standing(caller)) && local.countsAnything(caller);
        if (lost) {
            view.distrust(clock.nanos() + window);
        }
        return !lost;
    }

    private Caller share(Caller caller, FleetView view) {
        return view.share(caller, fleet.pods(), clock.today());
    }

    private FleetView view(Caller caller) {
        return views.computeIfAbsent(caller.id(), _ -> new FleetView());
    }

    /// Tells Redis what it has to be told of an exchange, now or when it answers again.
    private void owe(Debt debt) {
        if (debt.isOver()) {
            open.remove(debt);
        } else if (scripts.isUp()) {
            tell(debt);
        } else if (debt.isOwed()) {
            later(debt);
        }
    }

    private void tell(Debt debt) {
        var caller = debt.caller();
        debt.tell(accounts, clock.nanos())
                .ifPresent(telling -> {
                    tellings.incrementAndGet();
                    telling.onComplete(told -> {
                        tellings.decrementAndGet();
                        if (told.succeeded()) {
                            tryHear(caller, view(caller), told.result());
                            // The exchange may have ended meanwhile.
                            owe(debt);
                            tellMore();
                        } else {
                            later(debt);
                        }
                    });
                });
    }

    private void later(Debt debt) {
        if (debt.tryQueue() && !owed.offer(debt)) {
            dropped.increment();
            open.remove(debt);
        }
    }

    private void tellMore() {
        var most = Math.max(1, TOLD_AT_ONCE / fleet.pods());
        while (tellings.get() < most && scripts.isUp()) {
            var next = owed.poll();
            if (next == null) {
                return;
            }
            next.leaveQueue();
            owe(next);
        }
    }

    private void catchUp() {
        tellMore();
        if (clock.nanos() - renewedAt >= renewal) {
            renewedAt = clock.nanos();
            renew();
        }
    }

    /// @return whether Redis has been told of everything, or does not answer
    private boolean tellTheRest() {
        tellMore();
        return !scripts.isUp() || (owed.isEmpty() && tellings.get() == 0);
    }

    private void renew() {
        var leases = new HashMap<Caller, List<Lease>>();
        for (var debt : open) {
            debt.lease()
                    .ifPresent(lease ->
                            leases.computeIfAbsent(debt.caller(), _ -> new ArrayList<>())
                                    .add(lease));
        }
        leases.forEach(accounts::renew);
    }
}
