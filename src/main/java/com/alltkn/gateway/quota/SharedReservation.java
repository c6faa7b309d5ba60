package com.alltkn.gateway.quota;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.quota.RedisAccounts.Lease;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What is set aside for an exchange both here and in Redis, with what Redis still has to be told
/// of it. The lock guards the fields that change.
final class SharedReservation implements Reservation {

    private final Caller caller;
    private final String id;
    private final long reserved;
    private final long takenAt;
    private final Reservation local;
    private final Standing standing;
    private final Consumer<SharedReservation> whenOwing;
    private @Nullable AccountReply taken;
    private @Nullable End end;
    private boolean maybeTaken;
    private boolean telling = true;
    private boolean over;
    private boolean queued;

    /// @param caller whose exchange it is
    /// @param id the exchange's
    /// @param reserved input and output tokens
    /// @param takenAt when, by the clock that only grows
    /// @param local the same on this pod
    /// @param standing where the caller stood once this was set aside
    /// @param whenOwing told when there is something that Redis has to be told
    SharedReservation(
            Caller caller,
            String id,
            long reserved,
            long takenAt,
            Reservation local,
            Standing standing,
            Consumer<SharedReservation> whenOwing) {
        this.caller = caller;
        this.id = id;
        this.reserved = reserved;
        this.takenAt = takenAt;
        this.local = local;
        this.standing = standing;
        this.whenOwing = whenOwing;
    }

    /// Begins with what Redis makes of the exchange by itself, before which it is told nothing.
    ///
    /// @param asked what it answers to the request to admit it; fails where nobody knows
    void begin(Future<AccountReply> asked) {
        asked.onComplete(result -> {
            synchronized (this) {
                telling = false;
                maybeTaken = result.failed();
                if (result.succeeded()
                        && result.result().verdict() == AccountReply.Verdict.ADMITTED) {
                    taken = result.result();
                }
            }
            whenOwing.accept(this);
        });
    }

    /// Begins without Redis, which knows nothing of the exchange.
    void beginAlone() {
        synchronized (this) {
            telling = false;
        }
        whenOwing.accept(this);
    }

    @Override
    public Standing standing() {
        return standing;
    }

    @Override
    public void settle(long tokens) {
        local.settle(tokens);
        end(new End(tokens, false));
    }

    @Override
    public void settleUnknown() {
        local.settleUnknown();
        end(new End(reserved, false));
    }

    @Override
    public void release() {
        local.release();
        end(new End(0, true));
    }

    Caller caller() {
        return caller;
    }

    /// @return the lease to renew; empty unless Redis takes the exchange for one under way
    synchronized Optional<Lease> lease() {
        return taken == null || end != null
                ? Optional.empty()
                : Optional.of(new Lease(id, taken.since()));
    }

    /// Tells Redis the next thing that it has to be told; nothing while the one before is under
    /// way.
    ///
    /// @param accounts to tell it
    /// @param known what this pod knows of the account
    /// @param now by the clock that only grows
    /// @return done once that is known to have happened; fails if it may not have; empty if there
    ///   is nothing to tell
    synchronized Optional<Future<AccountReply>> tell(
            RedisAccounts accounts, AccountReply known, long now) {
        if (telling || over) {
            return Optional.empty();
        }
        var ending = end;
        var age = Duration.ofNanos(now - takenAt);
        if (taken == null && (ending == null || maybeTaken)) {
            telling = true;
            return Optional.of(
                    accounts.adopt(caller, id, reserved, age, known)
                            .andThen(result -> adopted(result.result())));
        }
        if (ending == null) {
            return Optional.empty();
        }
        if (taken == null && ending.nothing) {
            over = true;
            return Optional.empty();
        }
        telling = true;
        var answer =
                taken == null
                        ? accounts.charge(caller, id, ending.used, age, known)
                        : accounts.settle(
                                caller,
                                id,
                                taken,
                                reserved,
                                ending.used,
                                ending.nothing,
                                maybeTaken,
                                known);
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

    /// @return whether Redis need never be told anything more
    synchronized boolean isOver() {
        return over;
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

    private void end(End how) {
        synchronized (this) {
            if (end != null) {
                return;
            }
            end = how;
        }
        whenOwing.accept(this);
    }

    /// @param used input and output tokens
    /// @param nothing whether the exchange came to nothing
    private record End(long used, boolean nothing) {}
}
