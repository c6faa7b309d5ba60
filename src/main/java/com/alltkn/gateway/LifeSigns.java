package com.alltkn.gateway;

import com.alltkn.gateway.health.EventLoops;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Shows the application to the [LifeWatch] of its process, from start to end: its event loops, and
/// the failures in its log. For most failures end there: an event loop goes on after whatever is
/// thrown in it.
@Singleton
final class LifeSigns extends Handler {

    private final EventLoops loops;
    private @Nullable LifeWatch watch;

    LifeSigns(EventLoops loops) {
        this.loops = loops;
    }

    void begin(@Observes StartupEvent event) {
        watch = LifeWatch.installed();
        if (watch != null) {
            watch.watch(loops);
            Logger.getLogger("").addHandler(this);
        }
    }

    void end(@Observes ShutdownEvent event) {
        Logger.getLogger("").removeHandler(this);
        if (watch != null) {
            watch.watch(null);
        }
    }

    @Override
    public void publish(LogRecord line) {
        if (watch != null && line.getThrown() != null) {
            watch.notice(line.getThrown());
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
