package com.alltkn.gateway.exchange;

/// Is told of exchanges, on their event loops: an implementation neither blocks nor throws.
@FunctionalInterface
public interface ExchangeListener {

    /// An exchange ended; told once for each that began.
    ///
    /// @param settlement what became of it
    void settled(Settlement settlement);
}
