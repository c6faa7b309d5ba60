package com.alltkn.gateway.quota;

/// What is set aside for a request that was admitted. One of the two ends has to come; a further
/// one changes nothing.
public interface Reservation {

    /// @return where the caller stood once this was set aside
    Standing standing();

    /// The request was answered: what it used takes the place of what was set aside.
    ///
    /// @param tokens input and output tokens that were used
    void settle(long tokens);

    /// The request was answered and nobody knows what it used: what was set aside counts.
    void settleUnknown();

    /// The request came to nothing, and costs nothing.
    void release();
}
