package com.alltkn.gateway.quota;

import com.alltkn.gateway.quota.RedisAccounts.End;

/// What is set aside for an exchange both on this pod and in Redis.
///
/// @param local on this pod
/// @param debt what Redis has to be told of it
/// @param standing where the caller stood once this was set aside
record SharedReservation(Reservation local, Debt debt, Standing standing) implements Reservation {

    @Override
    public void settle(long tokens) {
        local.settle(tokens);
        debt.end(new End(tokens, false));
    }

    @Override
    public void settleUnknown() {
        local.settleUnknown();
        debt.end(new End(debt.exchange().reserved(), false));
    }

    @Override
    public void release() {
        local.release();
        debt.end(new End(0, true));
    }
}
