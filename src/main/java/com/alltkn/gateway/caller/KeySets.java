package com.alltkn.gateway.caller;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The issuer's keys as they were read last, and the thread that reads them: at its pace, and at
/// once for a token that names another key. While the issuer cannot be reached, the keys that are
/// known go on. Where it says that it has none, all are revoked; but an issuer that has just
/// started may say so, too, so it is believed only if it still does half a minute later.
public final class KeySets {

    private static final Logger LOG = Logger.getLogger(KeySets.class);

    /// Between two readings, whatever tokens come; also how soon the first is tried again.
    private static final Duration LEAST_PAUSE = Duration.ofSeconds(5);

    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(30);

    /// Between the first reading without a key and the one that is believed.
    private static final Duration REVOCATION = Duration.ofSeconds(30);

    /// Even a fifth shorter it is long enough for that.
    private static final Duration AFTER_AN_EMPTY_SET = Duration.ofSeconds(38);

    private final Source source;
    private final Duration interval;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Rounds rounds;
    private final LongAdder reads = new LongAdder();
    private final LongAdder failures = new LongAdder();

    private volatile @Nullable KeySet current;
    private volatile @Nullable Instant readAt;
    private volatile @Nullable Instant emptySince;

    // The next two are guarded by this object's lock.
    private @Nullable CompletableFuture<Void> next;
    private Instant soonest = Instant.MIN;

    // These two belong to the thread that reads.
    private byte[] content = {};
    private @Nullable String failure;

    /// @param source where the keys are
    /// @param interval how often they are read
    /// @param clock the time; steps of the machine's clock must not reach it
    /// @param random spreads the readings of many processes
    KeySets(Source source, Duration interval, InstantSource clock, RandomGenerator random) {
        this.source = source;
        this.interval = interval;
        this.clock = clock;
        this.random = random;
        this.rounds = new Rounds("issuer-keys", this::round);
    }

    void start() {
        rounds.start();
    }

    void stop() throws InterruptedException {
        rounds.stop();
    }

    /// @return the keys; nothing before they were read once
    @Nullable KeySet current() {
        return current;
    }

    /// @return what is known now
    public View view() {
        var now = clock.instant();
        return new View(
                Optional.ofNullable(readAt).map(at -> Duration.between(at, now)),
                Optional.ofNullable(emptySince).map(since -> Duration.between(since, now)),
                failures.sum());
    }

    /// @return how often the issuer was asked
    long reads() {
        return reads.sum();
    }

    /// Has the keys read now, unless they have just been.
    ///
    /// @return is told when they were, or were not to be had
    synchronized Optional<CompletionStage<Void>> newer() {
        if (next == null) {
            if (clock.instant().isBefore(soonest)) {
                return Optional.empty();
            }
            next = new CompletableFuture<>();
            rounds.wake();
        }
        return Optional.of(next.minimalCompletionStage());
    }

    private Duration round() throws InterruptedException {
        var read = read();
        var pause =
                current == null
                        ? LEAST_PAUSE
                        : !read ? AFTER_A_FAILURE : emptySince == null ? interval : sooner();
        return Duration.ofMillis((long) (pause.toMillis() * random.nextDouble(0.8, 1.2)));
    }

    private Duration sooner() {
        return interval.compareTo(AFTER_AN_EMPTY_SET) < 0 ? interval : AFTER_AN_EMPTY_SET;
    }

    /// Reads the keys.
    ///
    /// @return whether they were to be had
    boolean read() throws InterruptedException {
        begin();
        reads.increment();
        try {
            take(source.read());
            failure = null;
            return true;
        } catch (IOException e) {
            failures.increment();
            if (current == null || !current.isEmpty()) {
                // It may be starting: what it said before does not count.
                emptySince = null;
            }
            var said = String.valueOf(e.getMessage());
            if (!said.equals(failure)) {
                failure = said;
                LOG.warnf("issuer's keys unchanged, for they cannot be read: %s", said);
            }
            return false;
        } finally {
            end();
        }
    }

    private void take(byte[] read) throws IOException {
        var now = clock.instant();
        var same = Arrays.equals(read, content);
        var before = current;
        var keys = same && before != null ? before : KeySet.parse(read);
        if (!keys.isEmpty()) {
            emptySince = null;
        } else if (before == null || !before.isEmpty()) {
            var since = emptySince;
            if (since == null) {
                emptySince = now;
                LOG.warn("issuer's keys unchanged, for it says that it has none: read again");
                return;
            }
            if (now.isBefore(since.plus(REVOCATION))) {
                return;
            }
            LOG.error("issuer's keys revoked, for it still says that it has none: no token counts");
        }
        if (!same) {
            current = keys;
            content = read;
            LOG.info("issuer's keys read");
        }
        readAt = now;
    }

    private synchronized void begin() {
        if (next == null) {
            next = new CompletableFuture<>();
        }
    }

    private void end() {
        CompletableFuture<Void> done;
        synchronized (this) {
            done = next;
            next = null;
            soonest = clock.instant().plus(LEAST_PAUSE);
        }
        if (done != null) {
            done.complete(null);
        }
    }

    /// What is known of the keys at one time.
    ///
    /// @param age for how long they are those that the issuer told; empty before they were read
    /// @param empty for how long the issuer has said each time that it has none; empty while it has
    ///   one
    /// @param failures how often they could not be read
    public record View(Optional<Duration> age, Optional<Duration> empty, long failures) {}

    /// Where the keys are read.
    interface Source {

        /// @return a JSON Web Key Set
        /// @throws IOException if there is none to be had; its message may be logged
        byte[] read() throws IOException, InterruptedException;
    }
}
