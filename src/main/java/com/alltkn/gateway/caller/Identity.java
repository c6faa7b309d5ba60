package com.alltkn.gateway.caller;

import java.util.concurrent.CompletionStage;

/// Who sent a request, as far as its credential proves it.
public sealed interface Identity {

    /// A caller.
    ///
    /// @param caller who it is
    record Known(Caller caller) implements Identity {}

    /// Nobody: the credential is none, or no caller's.
    record Nobody() implements Identity {}

    /// A token that a newer key might prove, which is being looked for.
    ///
    /// @param later is told what came of it, within a few seconds, on any thread; never this again
    record Pending(CompletionStage<Identity> later) implements Identity {}

    /// A token that cannot be checked, for the issuer's keys were never to be had.
    record Uncheckable() implements Identity {}
}
