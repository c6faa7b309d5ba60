package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.quota.RedisAccounts.End;
import com.alltkn.gateway.quota.RedisAccounts.Exchange;
import com.alltkn.gateway.quota.RedisAccounts.Lease;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What Redis has to be told of one exchange: that it goes on, unless Redis admitted it itself, and
/// how it ended. The lock guards the fields that change.
final class Debt {

    private final Exchange exchange;
    private final long begunAt;
    private final Consumer<Debt> whenOwing;
    private @Nullable AccountReply taken;
    private @Nullable End end;
    private boolean maybeTaken;
    private boolean telling = true;
    private boolean over;
    private boolean queued;

    /// @param begunAt when the exchange began, by the clock that only grows
    /// @param whenOwing told when there may be something that Redis has to be told, but not while
    ///   it is being told of the exchange
    Debt(Exchange exchange, long begunAt, Consumer<Debt> whenOwing) {
        this.exchange = exchange;
        this.begunAt = begunAt;
        this.whenOwing = whenOwing;
    }

    /// Begins with what Redis knows of the exchange by itself, before which it is told nothing.
    ///
    /// @param asked what it answered when it admitted the exchange; empty if it did not; fails
    ///   where nobody knows
    void begin(Future<Optional<AccountReply>> asked) {
        asked.onComplete(result -> {
            synchronized (this) {
                telling = false;
                maybeTaken = result.failed();
                taken = result.succeeded() ? result.result().orElse(null) : null;
            }
            whenOwing.accept(this);
        });
    }

    /// The exchange has ended; only the first end counts.
    void end(End how) {
        synchronized (this) {
            if (end != null) {
                return;
            }
            end = how;
            if (telling) {
                return;
            }
        }
        whenOwing.accept(this);
    }

    Exchange exchange() {
        return exchange;
    }

    Caller caller() {
        return exchange.caller();
    }

    /// @return the lease to renew; empty unless Redis takes the exchange for one under way
    synchronized Optional<Lease> lease() {
        return taken == null || end != null
                ? Optional.empty()
                : Optional.of(new Lease(exchange.id(), taken.since()));
    }

    /// Tells Redis the next thing that it has to be told; nothing while the one before is under
    /// way.
    ///
    /// @param accounts to tell it
    /// @param now by the clock that only grows
    /// @return done once that is known to have happened; fails if it may not have; empty if there
    ///   is nothing to tell
    synchronized Optional<Future<AccountReply>> tell(RedisAccounts accounts, long now) {
        if (!isOwed()) {
            return Optional.empty();
        }
        telling = true;
        var age = Duration.ofNanos(now - begunAt);
        if (end == null || (taken == null && maybeTaken)) {
            return Optional.of(
                    accounts.adopt(exchange, age).andThen(result -> adopted(result.result())));
        }
        var answer =
                taken == null
                        ? accounts.charge(exchange, end.used(), age)
                        : accounts.settle(exchange, taken, end, maybeTaken);
        return Optional.of(answer.andThen(result -> ended(result.succeeded())));
    }

    /// Waits in a queue, unless it does already.
    ///
    /// @return whether it is to be put into it
    synchronized boolean tryQueue() {
        var first = !queued;
        queued = true;
        return first;
    }

    /// Waits no longer.
    synchronized void leaveQueue() {
        queued = false;
    }

    /// @return whether Redis is to be told something now
    synchronized boolean isOwed() {
        return !telling && !isOver() && (taken == null || end != null);
    }

    /// @return whether Redis need never be told anything more
    synchronized boolean isOver() {
        return over || (!telling && !maybeTaken && taken == null && end != null && end.nothing());
    }

    private synchronized void adopted(@Nullable AccountReply reply) {
        telling = false;
        taken = reply;
        maybeTaken |= reply == null;
    }

    private synchronized void ended(boolean certainly) {
        telling = false;
        over = certainly;
    }
}
