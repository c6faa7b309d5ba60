package com.alltkn.gateway.upstream;

import java.util.Locale;

/// What came of a small prompt.
public enum PromptOutcome {
    /// A choice with a reason to finish, and something in it.
    GOOD,
    /// The key was refused: 401 or 403.
    REFUSED,
    /// The account's quota is spent.
    QUOTA,
    /// The account's rate limit is reached.
    RATE_LIMITED,
    /// A 2xx that is no answer.
    INVALID_ANSWER,
    /// Any other status.
    UPSTREAM_FAILED,
    /// No answer in time.
    TIMED_OUT,
    /// No connection, or one that broke.
    UNREACHABLE;

    /// @return the outcome as logs and meters show it
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
