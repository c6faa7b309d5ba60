package com.alltkn.gateway.caller;

import java.util.Optional;

/// An internal service that may use the gateway, and what it may do.
///
/// @param id its name in records and meters: `[a-z0-9][a-z0-9._-]{0,63}`
/// @param storedObjects whether it may reach objects stored in the account that all callers share
/// @param fallback whether another model may answer where the one it asked for does not
/// @param blocked whether it is refused whatever it asks
/// @param models the models it may ask for
/// @param defaultModel the model it gets where it names none; empty for that of the revision
/// @param limits how much it may ask at a time
/// @param budget how much it may use in all
public record Caller(
        String id,
        boolean storedObjects,
        boolean fallback,
        boolean blocked,
        ModelPatterns models,
        Optional<String> defaultModel,
        Limits limits,
        Budget budget) {

    /// A caller that nothing is said about but its name.
    ///
    /// @param id its name
    /// @return the caller
    public static Caller named(String id) {
        return new Caller(
                id,
                false,
                true,
                false,
                ModelPatterns.ANY,
                Optional.empty(),
                Limits.NONE,
                Budget.NONE);
    }
}
