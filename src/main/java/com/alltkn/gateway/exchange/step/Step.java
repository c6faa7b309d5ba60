package com.alltkn.gateway.exchange.step;

/// One step of every exchange, with what it needs of the gateway and nothing of a single exchange.
/// It never blocks.
///
/// @param <I> what it is given
/// @param <O> what it makes of that
@FunctionalInterface
public interface Step<I extends Progress, O extends Progress> {

    /// Takes the step for one exchange, at once or over a while, on the exchange's event loop.
    ///
    /// @param input what the step before made
    /// @param turn to be told the end of it once: that the exchange goes on, is answered or refused
    void take(I input, Turn<O> turn);
}
