package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// When the source is read, and how the thread lives.
class RevisionLoopTest {

    private static final String KEY = "test-key-" + UUID.randomUUID();
    private static final Unavailable DOWN = new Unavailable(SourceFailure.UNREACHABLE, "down");

    private final RolloutSimulation world = new RolloutSimulation();
    private final Signals signals = new Signals(Pause.real());
    private final Revisions revisions = new Revisions(List.of(), signals, world);

    @Test
    void asksOftenButNotTooOftenWhileThereIsNoRevision() {
        world.down(SourceFailure.UNREACHABLE);

        world.runFor(Duration.ofMinutes(10));

        assertThat(world.reads.size()).isBetween(200, 300);
        assertThat(world.pauses).allSatisfy(p -> assertThat(p).isBetween(seconds(2), seconds(3)));
    }

    @Test
    void hasARevisionWithinFiveSecondsAfterTheSourceAnswers() throws Exception {
        world.down(SourceFailure.UNREACHABLE);
        world.runFor(Duration.ofMinutes(7));
        world.up();
        world.write(KEY);

        var time = world.runUntil(() -> world.active().equals(KEY));

        assertThat(time).isLessThan(seconds(5));
    }

    @Test
    void readsAtTheSourcesIntervalOnceThereIsARevision() {
        world.write(KEY);
        world.runFor(seconds(3));
        world.pauses.clear();

        world.runFor(Duration.ofHours(1));

        assertThat(world.reads.size()).isBetween(110, 132);
        assertThat(world.pauses).allSatisfy(p -> assertThat(p).isBetween(seconds(24), seconds(36)));
    }

    @Test
    void backsOffWithinBoundsWhileTheSourceFailsAndKeepsTheRevision() {
        world.write(KEY);
        world.settle();
        world.down(SourceFailure.SEALED);

        world.runFor(Duration.ofHours(1));

        assertThat(world.reads.size()).isBetween(27, 42);
        assertThat(world.pauses).allSatisfy(p -> assertThat(p).isLessThanOrEqualTo(seconds(144)));
        assertThat(world.active()).isEqualTo(KEY);
    }

    @Test
    void returnsToTheIntervalWithTheFirstAnswer() {
        world.write(KEY);
        world.settle();
        world.down(SourceFailure.SEALED);
        world.runFor(Duration.ofMinutes(20));
        world.up();
        world.runFor(Duration.ofMinutes(3));
        world.pauses.clear();

        world.runFor(Duration.ofMinutes(10));

        assertThat(world.pauses).allSatisfy(p -> assertThat(p).isLessThanOrEqualTo(seconds(36)));
    }

    @Test
    void goesOnAfterAFaultOfTheSource() throws InterruptedException {
        var faults = new AtomicInteger(3);
        var loop =
                loop(() -> {
                    if (faults.getAndDecrement() > 0) {
                        throw new IllegalStateException("a fault with " + KEY);
                    }
                    return found(1, KEY);
                });

        for (var i = 0; i < 4; i++) {
            loop.wake();
            loop.step();
        }

        assertThat(revisions.active()).isPresent();
    }

    @Test
    void runsOnItsOwnThreadUntilItIsStopped() throws InterruptedException {
        var reads = new AtomicInteger();
        var loop =
                loop(() -> {
                    reads.incrementAndGet();
                    return found(1, KEY);
                });

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
                loop(() -> {
                    reading.countDown();
                    new CountDownLatch(1).await();
                    return DOWN;
                });

        loop.start();
        reading.await();
        var began = System.nanoTime();
        loop.stop();

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));
    }

    private RevisionLoop loop(Read read) {
        var source = source(read);
        var hosts = new AllowedHosts(Strictness.PROD, Set.of("api.alltkn.com"));
        var clock = InstantSource.system();
        var random = new Random(1);
        var parser = new SettingsParser(hosts, Map.of());
        var rules =
                new RevisionLife.Rules(
                        parser,
                        KeyRegistry.none(),
                        true,
                        new GoodUpstream(),
                        new CanaryRules(1, 1, Duration.ZERO, () -> 1),
                        Duration.ZERO);
        var life = new RevisionLife(source, rules, revisions, new CanaryTraffic(), clock, random);
        return new RevisionLoop(source, revisions, life, signals, clock, random);
    }

    private static final class GoodUpstream implements RevisionProbe {

        @Override
        public PromptAnswer ask(Settings settings, String model) {
            return new PromptAnswer.Good();
        }

        @Override
        public ModelList models(Settings settings) {
            return new ModelList.Offered(List.of());
        }
    }

    private static Found found(long number, String key) {
        return new Found(number, Map.of("ALLTKN_API_KEY", key));
    }

    private static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static SettingsSource source(Read read) {
        return new SettingsSource() {
            @Override
            public String name() {
                return "vault";
            }

            @Override
            public Duration pollInterval() {
                return Duration.ofSeconds(30);
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
}
