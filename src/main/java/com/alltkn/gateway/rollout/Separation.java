package com.alltkn.gateway.rollout;

/// Whether an environment has a key for itself.
public sealed interface Separation {

    /// No other environment that was asked has it, or each of them has it later.
    record Own() implements Separation {}

    /// Another environment had it first.
    ///
    /// @param environment its name
    record SharedWith(String environment) implements Separation {}

    /// It could not be found out.
    ///
    /// @param detail for people: the gateway's own words
    record Unchecked(String detail) implements Separation {}

    /// There is nothing to compare with, which is not the same as being fine.
    record NotApplicable() implements Separation {}
}
