package com.alltkn.gateway.upstream;

/// What may be tried again: the one place that decides it.
public final class RetryPolicy {

    private static final int UNAUTHORIZED = 401;

    private RetryPolicy() {}

    /// Whether an exchange may move to another revision, its body still being in memory and nothing
    /// of an answer having reached the caller. Only a 401 says that a key is refused: a caller can
    /// cause a 403.
    ///
    /// @param status upstream's answer to the attempt
    /// @param moved whether the exchange has moved before
    /// @return whether another attempt may be made
    public static boolean mayMove(int status, boolean moved) {
        return status == UNAUTHORIZED && !moved;
    }
}
