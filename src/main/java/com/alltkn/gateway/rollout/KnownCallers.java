package com.alltkn.gateway.rollout;

/// Tells how many callers the gateway knows, which are all that it can expect requests of.
public interface KnownCallers {

    /// @return how many there are
    int count();
}
