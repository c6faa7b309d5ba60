package com.alltkn.gateway.rollout;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// A level of the gateway's own log categories.
public enum LogLevel {
    /// Somebody must act.
    ERROR,
    /// Degraded, will recover.
    WARN,
    /// Life cycle and revisions.
    INFO,
    /// For developers.
    DEBUG,
    /// Everything.
    TRACE;

    /// @param text a level in any case; `warning` is `warn`
    /// @return the level, or empty if there is none of that name
    public static Optional<LogLevel> of(String text) {
        var word = text.toUpperCase(Locale.ROOT);
        var name = word.equals("WARNING") ? WARN.name() : word;
        return Arrays.stream(values()).filter(level -> level.name().equals(name)).findFirst();
    }
}
