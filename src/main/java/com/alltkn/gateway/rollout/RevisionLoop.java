package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Reading.Unavailable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Reads the source again and again and lets the revisions live, on one virtual thread of its own:
/// never two reads or two prompts at a time, and no request ever waits for either. It starts
/// whether or not the source can be reached, and nothing but [#stop()] ends it.
public final class RevisionLoop {

    private static final Logger LOG = Logger.getLogger(RevisionLoop.class);

    // A read or a prompt keeps to its own deadline, which an interrupt cuts short; more would hold
    // the process.
    private static final Duration STOP_GRACE = Duration.ofSeconds(2);

    private final SettingsSource source;
    private final Revisions revisions;
    private final RevisionLife life;
    private final Signals signals;
    private final PollSchedule schedule;
    private final Refreshes refreshes;
    private final SecondReading secondReading = new SecondReading();
    private final InstantSource clock;
    private volatile boolean stopped;
    private @Nullable Thread thread;

    // These two belong to the loop's thread.

    /// When the source is read next.
    private Instant nextRead = Instant.MIN;

    /// What was last refused in traffic while it was active.
    private @Nullable Refusal refused;

    /// @param source what is read
    /// @param revisions where the state is
    /// @param life what follows from a reading
    /// @param signals what other threads say
    /// @param clock the time; steps of the machine's clock must not reach it
    /// @param random spreads the pauses
    RevisionLoop(
            SettingsSource source,
            Revisions revisions,
            RevisionLife life,
            Signals signals,
            InstantSource clock,
            RandomGenerator random) {
        this.source = source;
        this.revisions = revisions;
        this.life = life;
        this.signals = signals;
        this.clock = clock;
        this.schedule = new PollSchedule(source.pollInterval(), random);
        this.refreshes = new Refreshes(source.pollInterval(), random);
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
        stopped = true;
        if (thread != null) {
            thread.interrupt();
            if (!thread.join(STOP_GRACE)) {
                LOG.warn("revision loop still busy at stop");
            }
        }
    }

    /// Asks for the next read now instead of at its time. Calls during a read count as one.
    public void wake() {
        signals.wantRead();
    }

    /// Runs until its thread is interrupted.
    private void run() {
        try {
            while (!stopped) {
                signals.pause().await(step());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Reads if it is time to, and does one thing of what is due.
    ///
    /// @return how long to wait before the next step
    Duration step() throws InterruptedException {
        try {
            if (signals.takeReadWanted() || !nextRead.isAfter(clock.instant())) {
                read();
            }
            if (signals.takeRecovered()) {
                life.trafficRecovered();
            }
            var candidateRefused = signals.takeCandidateRefused();
            if (candidateRefused != null) {
                life.confirmCandidate(candidateRefused.model());
            }
            heedRefusals();
            life.act();
        } catch (RuntimeException | Error e) {
            // A fault of ours. The loop is the only one that could ever repair anything, so it
            // goes on; the message stays out of the log, for a source's text could hold a token.
            LOG.errorf(
                    "revision loop failed source=%s failure=%s at=%s",
                    source.name(), e.getClass().getName(), origin(e));
            return PollSchedule.STARTING;
        }
        if (isReplaced()) {
            return Duration.ZERO;
        }
        var next = earliest(nextRead, life.due(), refreshes.due());
        var now = clock.instant();
        return next.isAfter(now) ? Duration.between(now, next) : Duration.ZERO;
    }

    /// Looks for something better than a revision that upstream refuses in traffic: at the source,
    /// and by what prompts say of the revisions that are known.
    private void heedRefusals() throws InterruptedException {
        var signalled = signals.takeRefused();
        var active = revisions.activeOrNull();
        if (signalled != null && active != null && active.sameContentAs(signalled.bound())) {
            refused = signalled.after(refused);
            life.activeRefused();
            refreshes.ask(clock.instant(), life.knowsAnother());
        }
        if (refused != null && active != null) {
            if (isReplaced()) {
                // Whatever has replaced it, those who wait need no refresh any more.
                refused = null;
                refreshes.done(true, clock.instant());
            } else if (refreshes.isDue(clock.instant())) {
                refreshes.done(replace(active, refused.model()), clock.instant());
            }
        }
        if (!refreshes.isComing()) {
            signals.answerHeard(revisions.proven());
        }
    }

    private boolean isReplaced() {
        var active = revisions.activeOrNull();
        return refused != null && active != null && !active.sameContentAs(refused.bound());
    }

    private boolean replace(Revision active, String model) throws InterruptedException {
        if (life.leaveRefused(model)) {
            return true;
        }
        read();
        life.replaceRefused(model);
        var now = revisions.activeOrNull();
        return now != null && !now.sameContentAs(active);
    }

    private static Instant earliest(Instant... times) {
        return Collections.min(List.of(times));
    }

    private void read() throws InterruptedException {
        var answered = false;
        var began = clock.instant();
        try {
            var reading = source.read();
            answered = !(reading instanceof Unavailable);
            life.take(secondReading.judge(reading, began, clock.instant()));
        } finally {
            var pause = schedule.next(revisions.activeOrNull() != null, answered);
            nextRead = clock.instant().plus(secondReading.isWanted() ? SecondReading.SOON : pause);
        }
    }

    private static String origin(Throwable failure) {
        var trace = failure.getStackTrace();
        return trace.length == 0 ? "unknown" : trace[0].toString();
    }
}
