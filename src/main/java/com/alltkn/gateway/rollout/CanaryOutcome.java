package com.alltkn.gateway.rollout;

import java.util.Locale;

/// How an exchange ended, as far as upstream has a part in it: the classes in which a candidate is
/// compared with the active revision. What a caller causes is none of them.
public enum CanaryOutcome {
    /// A whole answer.
    ANSWERED,
    /// 5xx, no connection, an answer that was cut, or one that is none.
    FAILED,
    /// One of the clocks ran out.
    TIMED_OUT,
    /// 401.
    CREDENTIALS,
    /// 403.
    PERMISSION,
    /// 429.
    RATE_LIMITED,
    /// The account's quota is spent.
    QUOTA;

    /// @return the outcome as logs and meters show it
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
