package com.alltkn.gateway;

import com.alltkn.gateway.health.EventLoops;
import io.netty.util.internal.OutOfDirectMemoryError;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Ends a process that is done for, so that another takes its place: one whose heap is full, or
/// whose event loops do nothing any more. It would stand for ever, with no answer on either port.
///
/// The JVM's `-XX:+ExitOnOutOfMemoryError` does a part of that, but only where somebody sets it.
final class LifeWatch {

    /// The exit code of `-XX:+ExitOnOutOfMemoryError`.
    private static final int DONE_FOR = 3;

    private static final long BEAT = TimeUnit.SECONDS.toNanos(1);

    /// Where the reader of standard error is stuck, the last words do not hold the end up.
    private static final long LAST_WORDS = TimeUnit.SECONDS.toNanos(1);

    /// About what the smallest request needs.
    private static final int PROBE = 64 * 1024;

    private static final byte[] OUT_OF_MEMORY =
            words("the heap is full (out of memory): give it more, or less to do");
    private static final byte[] STUCK =
            words("an event loop has done nothing for " + EventLoops.GIVEN_UP_AFTER + " s");

    private static volatile @Nullable LifeWatch installed;

    private final Thread thread =
            Thread.ofPlatform().daemon().name("life-watch").unstarted(this::run);
    private final List<GarbageCollectorMXBean> collectors =
            ManagementFactory.getGarbageCollectorMXBeans();
    private final FileOutputStream stderr = new FileOutputStream(FileDescriptor.err);
    private final FullHeap heap = new FullHeap(Runtime.getRuntime().maxMemory());
    private volatile boolean isOutOfMemory;
    private volatile @Nullable EventLoops loops;

    private LifeWatch() {}

    /// Makes what it needs. To be called once, at the start of the process.
    static void install() {
        var watch = new LifeWatch();
        installed = watch;
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            watch.notice(failure);
            System.err.print("Exception in thread \"" + thread.getName() + "\" ");
            failure.printStackTrace();
        });
        watch.thread.start();
    }

    /// @return the one of this process; null where the application runs without one, as in live
    ///   reload and in tests
    static @Nullable LifeWatch installed() {
        return installed;
    }

    /// @param eventLoops to be watched from now on; null for none
    void watch(@Nullable EventLoops eventLoops) {
        loops = eventLoops;
    }

    /// Ends the process if a failure says that the heap is full. Direct memory does not count: what
    /// wanted it has failed, and its connection with it; where all of it stays taken the loops
    /// cannot answer.
    void notice(@Nullable Throwable failure) {
        if (isOutOfMemory(failure)) {
            isOutOfMemory = true;
            LockSupport.unpark(thread);
        }
    }

    static boolean isOutOfMemory(@Nullable Throwable failure) {
        var cause = failure;
        // A chain of causes may be a ring.
        for (int i = 0; cause != null && i < 16; i++) {
            if (cause instanceof OutOfMemoryError
                    && !(cause instanceof OutOfDirectMemoryError)
                    && !String.valueOf(cause.getMessage()).contains("direct buffer memory")) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private void run() {
        while (true) {
            try {
                if (!ExitDeadline.isSet()) {
                    beat();
                }
            } catch (OutOfMemoryError e) {
                // Kept for the next beat, should the end itself find no memory.
                isOutOfMemory = true;
                continue;
            }
            LockSupport.parkNanos(BEAT);
        }
    }

    private void beat() {
        if (isOutOfMemory) {
            end(OUT_OF_MEMORY);
        }
        Reference.reachabilityFence(new byte[PROBE]);
        var runtime = Runtime.getRuntime();
        var used = runtime.totalMemory() - runtime.freeMemory();
        if (heap.isFull(used, collections(), System.nanoTime())) {
            end(OUT_OF_MEMORY);
        }
        var watched = loops;
        if (watched != null) {
            watched.beat();
            if (watched.areGivenUp()) {
                end(STUCK);
            }
        }
    }

    private long collections() {
        long sum = 0;
        for (var collector : collectors) {
            sum += Math.max(0, collector.getCollectionCount());
        }
        return sum;
    }

    private void end(byte[] words) {
        ExitDeadline.set(LAST_WORDS, DONE_FOR);
        try {
            stderr.write(words);
        } catch (IOException e) {
            // Nobody reads: the exit code has to say it.
            Runtime.getRuntime().halt(DONE_FOR);
        }
        Runtime.getRuntime().halt(DONE_FOR);
    }

    private static byte[] words(String reason) {
        return ("alltkn-gateway ends: " + reason + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
