package com.alltkn.gateway;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/// Ends the process where something holds its end up: a log that nobody reads, which whatever
/// flushes or closes standard output waits for; threads that are stuck, or memory that is full.
///
/// The signal itself sets it, by a hook that is started beside all others; where the grace is over
/// early, the end comes earlier, too. Its thread is there from the start and makes and loads
/// nothing when it acts, for by then there may be no memory for it.
@Singleton
final class ExitDeadline {

    /// After requests have had their grace: enough for the records' goodbye, which takes 5 s at the
    /// most, and for closing what is open. Two of the eight seconds that a pod is given are left,
    /// for a JVM that collects all the time is slow to halt.
    private static final Duration CLOSING = Duration.ofSeconds(6);

    private static final int TERMINATED = 128 + 15;

    private static volatile @Nullable Thread thread;
    private static volatile Duration grace = Duration.ZERO;
    private static volatile boolean isSet;
    private static volatile long at;
    private static volatile int code = TERMINATED;

    /// Makes what it needs. To be called once, first thing in the process.
    static void install() {
        thread = Thread.ofPlatform().daemon().name("exit-deadline").start(ExitDeadline::run);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> set(grace.plus(CLOSING).toNanos(), TERMINATED),
                                "exit-deadline-hook"));
    }

    /// Sets it for an end that is no answer to a signal. Without effect where it was not installed.
    ///
    /// @param exitCode the code to end with
    static void setFor(int exitCode) {
        set(CLOSING.toNanos(), exitCode);
    }

    /// Sets it, or brings it forward.
    ///
    /// @param nanoseconds from now
    /// @param exitCode the code to end with
    static synchronized void set(long nanoseconds, int exitCode) {
        var wanted = System.nanoTime() + nanoseconds;
        if (!isSet || wanted - at < 0) {
            at = wanted;
            code = exitCode;
            isSet = true;
            LockSupport.unpark(thread);
        }
    }

    /// @return whether the process is about to end
    static boolean isSet() {
        return isSet;
    }

    void learn(
            @Observes StartupEvent event,
            @ConfigProperty(name = "quarkus.shutdown.delay") Optional<Duration> delay,
            @ConfigProperty(name = "quarkus.shutdown.timeout") Duration timeout) {
        grace = delay.orElse(Duration.ZERO).plus(timeout);
    }

    /// Requests have ended, or their grace has: what is left needs no more than its own time.
    void closing(@Observes @Priority(1) ShutdownEvent event) {
        // Live reload and tests stop the application without the process.
        if (ApplicationLifecycleManager.isVmShuttingDown()) {
            setFor(TERMINATED);
        }
    }

    private static void run() {
        while (true) {
            if (!isSet) {
                LockSupport.park();
            } else {
                var left = at - System.nanoTime();
                if (left <= 0) {
                    Runtime.getRuntime().halt(code);
                }
                LockSupport.parkNanos(left);
            }
        }
    }
}
