package com.alltkn.gateway.rollout;

import java.util.Locale;

/// How a revision came to carry requests.
public enum Promotion {
    /// A prompt was answered.
    PROVEN,
    /// It carried a share of the requests, and was no worse than the one before.
    COMPARED,
    /// Nothing could be proven, and something has to serve.
    UNPROVEN,
    /// Its successor turned out bad.
    ROLLED_BACK;

    /// @return the way as logs and meters show it
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
