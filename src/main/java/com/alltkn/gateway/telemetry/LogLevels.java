package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.rollout.LogLevel;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import jakarta.inject.Singleton;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Gives the gateway's own log category the level of the active revision. Event and audit records
/// have categories of their own and stay as they are.
@Singleton
class LogLevels implements RevisionListener {

    /// Held, for a log manager may forget a logger, and its level with it, that nobody holds.
    private final Logger own = Logger.getLogger("com.alltkn.gateway");

    @Override
    public void promoted(Revision now, @Nullable Revision before) {
        own.setLevel(level(now.settings().logLevel()));
    }

    private static Level level(LogLevel level) {
        return switch (level) {
            case ERROR -> org.jboss.logmanager.Level.ERROR;
            case WARN -> org.jboss.logmanager.Level.WARN;
            case INFO -> org.jboss.logmanager.Level.INFO;
            case DEBUG -> org.jboss.logmanager.Level.DEBUG;
            case TRACE -> org.jboss.logmanager.Level.TRACE;
        };
    }
}
