package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Reading.Unavailable;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Reads the source again and again, on one virtual thread of its own: never two reads at a time,
/// and nobody ever waits for one. It starts whether or not the source can be reached, and nothing
/// but [#stop()] ends it.
public final class RevisionLoop {

    private static final Logger LOG = Logger.getLogger(RevisionLoop.class);

    // A read keeps to its own deadline, which an interrupt cuts short; more would hold the process.
    private static final Duration STOP_GRACE = Duration.ofSeconds(2);

    private final SettingsSource source;
    private final Revisions revisions;
    private final PollSchedule schedule;
    private final Pause pause;
    private @Nullable Thread thread;

    /// @param source what is read
    /// @param revisions what is told
    /// @param random spreads the pauses
    public RevisionLoop(SettingsSource source, Revisions revisions, RandomGenerator random) {
        this(source, revisions, random, Pause.real());
    }

    RevisionLoop(SettingsSource source, Revisions revisions, RandomGenerator random, Pause pause) {
        this.source = source;
        this.revisions = revisions;
        this.schedule = new PollSchedule(source.pollInterval(), random);
        this.pause = pause;
    }

    /// Starts the thread; the first read begins at once.
    public synchronized void start() {
        if (thread == null) {
            thread = Thread.ofVirtual().name("revision-loop").start(this::run);
        }
    }

    /// Stops the thread and waits for it, shortly. It does not start again.
    ///
    /// @throws InterruptedException if the caller is asked to stop, too
    public synchronized void stop() throws InterruptedException {
        if (thread != null) {
            thread.interrupt();
            if (!thread.join(STOP_GRACE)) {
                LOG.warn("revision loop still reading at stop");
            }
        }
    }

    /// Asks for the next read now instead of at its time. Calls during a read count as one.
    public void wake() {
        pause.wake();
    }

    /// Runs until its thread is interrupted.
    void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                pause.await(readOnce());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// One read and what follows from it.
    ///
    /// @return how long to wait before the next
    Duration readOnce() throws InterruptedException {
        var answered = false;
        try {
            var reading = source.read();
            revisions.take(source.name(), reading);
            answered = !(reading instanceof Unavailable);
        } catch (RuntimeException | Error e) {
            // A fault of ours. The loop is the only one that could ever repair anything, so it
            // goes on; the message stays out of the log, for a source's text could hold a token.
            LOG.errorf(
                    "revision loop failed source=%s failure=%s at=%s",
                    source.name(), e.getClass().getName(), origin(e));
        }
        return schedule.next(revisions.activeOrNull() != null, answered);
    }

    private static String origin(Throwable failure) {
        var trace = failure.getStackTrace();
        return trace.length == 0 ? "unknown" : trace[0].toString();
    }
}
