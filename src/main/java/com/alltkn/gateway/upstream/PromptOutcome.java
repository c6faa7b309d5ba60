package com.alltkn.gateway.upstream;

import java.util.Locale;

/// What came of a small prompt.
public enum PromptOutcome {
    /// A choice with a reason to finish, and something in it.
    GOOD,
    /// The key was refused: 401 or 403, in JSON that names no other reason.
    REFUSED,
    /// 401 or 403 that says nothing of a key: a page, an empty body.
    TURNED_AWAY,
    /// The account's quota is spent.
    QUOTA,
    /// The account's rate limit is reached.
    RATE_LIMITED,
    /// The model is not to be had.
    MODEL_UNAVAILABLE,
    /// A 2xx that is no answer.
    INVALID_ANSWER,
    /// Any other status, or a 2xx with an error inside that names no reason.
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
