package com.alltkn.gateway.rollout;

import java.util.Locale;

/// The states of a rollout by their names, as logs and meters show them.
public enum Stage {
    /// No revision yet.
    STARTING,
    /// A revision carries requests though no prompt could prove it.
    UNPROVEN,
    /// One revision, and nothing under way.
    SETTLED,
    /// A candidate is not proven yet.
    VERIFYING,
    /// A candidate is proven and carries a share of the requests.
    CANARY,
    /// A candidate was promoted, and the previous revision is kept to return to.
    PROBATION;

    /// @return the name as logs and meters show it
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
