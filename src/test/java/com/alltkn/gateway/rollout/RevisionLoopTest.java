package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// Time here is the sum of the pauses: an hour passes in no time.
class RevisionLoopTest {

    private static final String KEY = "test-key-" + UUID.randomUUID();
    private static final Duration INTERVAL = Duration.ofSeconds(30);
    private static final Unavailable DOWN = new Unavailable(SourceFailure.UNREACHABLE, "down");

    private final Revisions revisions = revisions();

    @Test
    void asksOftenButNotTooOftenWhileThereIsNoRevision() throws InterruptedException {
        var simulation = new Simulation(now -> DOWN);

        simulation.runFor(Duration.ofMinutes(10));

        assertThat(simulation.reads.size()).isBetween(200, 300);
        assertThat(simulation.longestPause()).isLessThanOrEqualTo(Duration.ofSeconds(3));
        assertThat(simulation.shortestPause()).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void hasARevisionWithinFiveSecondsAfterTheSourceAnswers() throws InterruptedException {
        var answers = Duration.ofMinutes(7);
        var simulation = new Simulation(now -> now.compareTo(answers) < 0 ? DOWN : found(1, KEY));

        while (revisions.activeOrNull() == null) {
            simulation.step();
        }

        assertThat(simulation.lastRead().minus(answers)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void readsAtTheSourcesIntervalOnceThereIsARevision() throws InterruptedException {
        var simulation = new Simulation(now -> now.isZero() ? found(1, KEY) : new Unchanged());

        simulation.runFor(Duration.ofHours(1));

        assertThat(simulation.reads.size()).isBetween(110, 132);
        assertThat(simulation.longestPause()).isLessThanOrEqualTo(Duration.ofSeconds(36));
        assertThat(simulation.shortestPause()).isGreaterThanOrEqualTo(Duration.ofSeconds(24));
    }

    @Test
    void followsANewVersionAtTheNextRead() throws InterruptedException {
        var simulation = new Simulation(now -> now.isZero() ? found(1, KEY) : found(2, KEY + "-2"));

        simulation.step();
        simulation.step();

        assertThat(revisions.active().map(Revision::number)).contains(2L);
        assertThat(simulation.lastRead()).isLessThanOrEqualTo(Duration.ofSeconds(36));
    }

    @Test
    void backsOffWithinBoundsWhileTheSourceFailsAndKeepsTheRevision() throws InterruptedException {
        var simulation = new Simulation(now -> now.isZero() ? found(1, KEY) : DOWN);

        simulation.runFor(Duration.ofHours(1));

        assertThat(simulation.reads.size()).isBetween(27, 42);
        assertThat(simulation.longestPause()).isLessThanOrEqualTo(Duration.ofSeconds(144));
        assertThat(revisions.active().map(Revision::number)).contains(1L);
    }

    @Test
    void returnsToTheIntervalWithTheFirstAnswer() throws InterruptedException {
        var outage = Duration.ofMinutes(20);
        var simulation =
                new Simulation(now ->
                        now.isZero()
                                ? found(1, KEY)
                                : now.compareTo(outage) < 0 ? DOWN : new Unchanged());
        simulation.runFor(outage.plusMinutes(3));
        simulation.pauses.clear();

        simulation.runFor(Duration.ofMinutes(10));

        assertThat(simulation.longestPause()).isLessThanOrEqualTo(Duration.ofSeconds(36));
    }

    @Test
    void goesOnAfterAFaultOfTheSource() throws InterruptedException {
        var simulation =
                new Simulation(now -> {
                    if (now.isZero()) {
                        throw new IllegalStateException("a fault with " + KEY);
                    }
                    return found(1, KEY);
                });

        simulation.step();
        simulation.step();

        assertThat(revisions.active()).isPresent();
    }

    @Test
    void runsOnItsOwnThreadUntilItIsStopped() throws InterruptedException {
        var reads = new AtomicInteger();
        var loop =
                new RevisionLoop(
                        source(() -> {
                            reads.incrementAndGet();
                            return found(1, KEY);
                        }),
                        revisions,
                        new Random(1),
                        Pause.real());

        loop.start();
        await().until(() -> revisions.activeOrNull() != null);
        loop.wake();
        await().until(() -> reads.get() == 2);
        loop.stop();
        loop.wake();

        assertThat(reads).hasValue(2);
    }

    @Test
    void stopsInTheMiddleOfARead() throws InterruptedException {
        var reading = new CountDownLatch(1);
        var loop =
                new RevisionLoop(
                        source(() -> {
                            reading.countDown();
                            new CountDownLatch(1).await();
                            return DOWN;
                        }),
                        revisions,
                        new Random(1),
                        Pause.real());

        loop.start();
        reading.await();
        var began = System.nanoTime();
        loop.stop();

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
    }

    private static Revisions revisions() {
        var hosts = new AllowedHosts(Strictness.PROD, Set.of("api.alltkn.com"));
        return new Revisions(new SettingsParser(hosts, Map.of()), List.of());
    }

    private static Found found(long number, String key) {
        return new Found(number, Map.of("ALLTKN_API_KEY", key));
    }

    private static SettingsSource source(Read read) {
        return new SettingsSource() {
            @Override
            public String name() {
                return "vault";
            }

            @Override
            public Duration pollInterval() {
                return INTERVAL;
            }

            @Override
            public Reading read() throws InterruptedException {
                return read.read();
            }
        };
    }

    private interface Read {
        Reading read() throws InterruptedException;
    }

    /// The loop under a clock that only its own pauses move.
    private final class Simulation {

        private final List<Duration> reads = new ArrayList<>();
        private final List<Duration> pauses = new ArrayList<>();
        private final RevisionLoop loop;
        private Duration now = Duration.ZERO;

        Simulation(Function<Duration, Reading> world) {
            loop =
                    new RevisionLoop(
                            source(() -> {
                                reads.add(now);
                                return world.apply(now);
                            }),
                            revisions,
                            new Random(42));
        }

        void step() throws InterruptedException {
            var pause = loop.readOnce();
            pauses.add(pause);
            now = now.plus(pause);
        }

        void runFor(Duration time) throws InterruptedException {
            var end = now.plus(time);
            while (now.compareTo(end) < 0) {
                step();
            }
        }

        Duration lastRead() {
            return reads.getLast();
        }

        Duration longestPause() {
            return pauses.stream().max(Duration::compareTo).orElseThrow();
        }

        Duration shortestPause() {
            return pauses.stream().min(Duration::compareTo).orElseThrow();
        }
    }
}
