package com.alltkn.gateway.rollout;

import java.util.Locale;

/// Something about revisions that stays as it is until somebody acts. Requests go on meanwhile. It
/// ends with its cause, or once there is another: [StandingAlarms].
public enum Alarm {
    /// Upstream refuses keys for a reason that need not be theirs: all of them, or one model, or
    /// without saying why.
    UPSTREAM_AUTH_TROUBLE,
    /// The account of what is asked about has no quota left, so nothing can be said about its key.
    UPSTREAM_QUOTA_EXHAUSTED,
    /// The model that is asked for is not to be had, so nothing can be said about the key.
    MODEL_UNAVAILABLE,
    /// The key of every version that could be read is refused, whatever the model, and none serves.
    ALL_REFUSED,
    /// The key of the revision that serves unproven is refused, whatever the model, and nothing
    /// better is known.
    UNPROVEN_REJECTED,
    /// It could not be found out whether another environment has the same key.
    SEPARATION_UNCHECKED,
    /// A revision carries requests with a key that another environment had first.
    KEY_SHARED,
    /// Upstream answers requests with 401, whatever the model, and there is no other revision to
    /// move to.
    ACTIVE_REFUSED,
    /// A pin names no version that can be read.
    PIN_TO_NOWHERE,
    /// A pin names a content that was refused.
    PIN_REFUSED;

    /// @return the alarm as logs and meters show it
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
