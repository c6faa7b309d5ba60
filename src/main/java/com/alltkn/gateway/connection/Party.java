package com.alltkn.gateway.connection;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Those who hold connections together: one caller, or all that have shown no valid credential.
final class Party {

    private final @Nullable String caller;
    private final long mostHeld;

    /// In the order of their arrival. Guarded by [Connections], as everything that changes.
    private final Set<Connection> members = new LinkedHashSet<>();

    private final Map<Turns, Turns.Line> lines = new ConcurrentHashMap<>();
    private long held;

    /// @param caller the caller's id, null for strangers
    /// @param mostHeld the most bytes that may wait on its connections
    Party(@Nullable String caller, long mostHeld) {
        this.caller = caller;
        this.mostHeld = mostHeld;
    }

    /// @return the line in which its connections of one event loop wait for each other; for any
    ///   thread
    Turns.Line line(Turns turns) {
        return lines.computeIfAbsent(turns, Turns::line);
    }

    boolean areStrangers() {
        return caller == null;
    }

    boolean is(String id) {
        return id.equals(caller);
    }

    @Nullable String caller() {
        return caller;
    }

    Set<Connection> members() {
        return members;
    }

    void hold(long more) {
        held += more;
    }

    boolean holdsTooMuch() {
        return held > mostHeld;
    }
}
