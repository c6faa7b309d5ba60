package com.alltkn.gateway.connection;

import java.util.Locale;

/// Why the gateway has closed a connection by itself.
public enum Closing {
    /// There were as many connections as there may be.
    FULL,
    /// Its caller or address had as many as it may have.
    SHARE,
    /// No request came for too long.
    IDLE,
    /// The head of a request was not whole in time.
    HEAD,
    /// Nothing of its answer was read for too long.
    UNREAD,
    /// Too much waited on all connections or those of its caller, and it was the slowest.
    MEMORY;

    /// @return as meters and the log name it
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Whether the peer takes nothing anyway, so that there is no use in waiting for it.
    boolean isDeaf() {
        return this == UNREAD || this == MEMORY;
    }
}
