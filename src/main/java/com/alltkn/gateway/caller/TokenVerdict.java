package com.alltkn.gateway.caller;

/// What is known of a token.
sealed interface TokenVerdict {

    /// It is the issuer's, for this gateway, and in force.
    ///
    /// @param subject whose it is
    /// @param expiry until when, in seconds since the epoch
    record Proven(String subject, long expiry) implements TokenVerdict {}

    /// It is not good, and nothing will make it so.
    record Refused() implements TokenVerdict {}

    /// No known key can have signed it; one that the issuer has made since might.
    record KeyUnknown() implements TokenVerdict {}
}
