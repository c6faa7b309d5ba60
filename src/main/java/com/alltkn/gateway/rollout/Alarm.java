package com.alltkn.gateway.rollout;

import java.util.Locale;

/// Something about revisions that stays as it is until somebody acts. Requests go on meanwhile. It
/// ends with its cause, or once there is another: [StandingAlarms].
public enum Alarm {
    /// The account of a candidate has no quota left, so nothing can be said about its key.
    QUOTA_SPENT,
    /// Every version that could be read was refused, and none serves.
    ALL_REFUSED,
    /// The revision that serves unproven was rejected, and nothing better is known.
    UNPROVEN_REJECTED,
    /// It could not be found out whether another environment has the same key.
    SEPARATION_UNCHECKED,
    /// A revision carries requests with a key that another environment had first.
    KEY_SHARED,
    /// Upstream answers requests with 401, and there is no other revision to move to.
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
