package com.alltkn.gateway;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ends the process where something holds its end up. Where nobody reads the log, whatever flushes
/// or closes standard output waits for ever, and the JVM does that at its end.
@Singleton
final class ExitDeadline {

    /// After requests have had their grace: enough for the records' goodbye and for closing what is
    /// open.
    private static final long SECONDS = 8;

    private static final int TERMINATED = 128 + 15;

    void start(@Observes @Priority(1) ShutdownEvent event) {
        // Live reload and tests stop the application without the process.
        if (ApplicationLifecycleManager.isVmShuttingDown()) {
            Thread.ofPlatform().daemon().name("exit-deadline").start(ExitDeadline::halt);
        }
    }

    private static void halt() {
        try {
            new CountDownLatch(1).await(SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(TERMINATED);
    }
}
