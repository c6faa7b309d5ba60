package com.alltkn.gateway.health;

import com.alltkn.gateway.exchange.ExchangeListener;
import com.alltkn.gateway.exchange.Settlement;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.health.PromptTurns.Finding;
import com.alltkn.gateway.health.PromptTurns.Turn;
import com.alltkn.gateway.redis.SharedState;
import com.alltkn.gateway.rollout.Promotion;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.upstream.Prober;
import com.alltkn.gateway.upstream.PromptOutcome;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Sends the small prompt on a schedule, and not while real traffic shows the same. A revision that
/// was just proven had its prompt, so the schedule begins anew; one that serves unproven is asked
/// about soon. The outcome is there to be read, by meters and people; it never decides about
/// readiness, for an upstream outage must not empty a fleet.
@Singleton
public class HealthPrompt implements RevisionListener, ExchangeListener {

    private static final Logger LOG = Logger.getLogger(HealthPrompt.class);

    /// A fleet that starts at once should not ask at once.
    private static final Duration SPREAD = Duration.ofSeconds(2);

    private final Function<Settings, PromptOutcome> prober;
    private final HealthPromptConfig config;
    private final Clock clock;
    private final InstantSource steady;
    private final PromptTurns turns;
    private final Semaphore promotions = new Semaphore(0);
    private volatile @Nullable Revision revision;
    private volatile boolean proven;
    private volatile @Nullable UpstreamHealth last;
    private volatile Instant lastEnded = Instant.MIN;
    private volatile Instant trafficProved = Instant.MIN;
    private @Nullable Thread loop;

    @Inject
    HealthPrompt(
            Prober prober,
            HealthPromptConfig config,
            Clock clock,
            InstantSource steady,
            Optional<SharedState> shared) {
        this(
                prober::ask,
                config,
                clock,
                steady,
                // Shorter than the shortest jittered interval, so that the fleet asks once in each.
                shared.<PromptTurns>map(state ->
                                new SharedPromptTurns(
                                        state, config.interval().multipliedBy(3).dividedBy(4)))
                        .orElse(PromptTurns.OWN));
    }

    /// @param prober asks and judges; may block
    /// @param config whether and how often
    /// @param clock dates the outcome
    /// @param steady tells when traffic was last proof enough; steps of the machine's clock must
    ///   not reach it
    /// @param turns whose turn it is
    public HealthPrompt(
            Function<Settings, PromptOutcome> prober,
            HealthPromptConfig config,
            Clock clock,
            InstantSource steady,
            PromptTurns turns) {
        this.prober = prober;
        this.config = config;
        this.clock = clock;
        this.steady = steady;
        this.turns = turns;
    }

    /// @return what the last prompt found; empty before the first
    public Optional<UpstreamHealth> last() {
        return Optional.ofNullable(last);
    }

    /// @return how long ago the last prompt ended; empty before the first
    public Optional<Duration> age() {
        return last().map(_ -> Duration.between(lastEnded, steady.instant()));
    }

    @Override
    public void promoted(Revision now, @Nullable Revision before, Promotion how) {
        revision = now;
        trafficProved = Instant.MIN;
        switch (how) {
            case PROVEN, ROLLED_BACK -> proven(now);
            // The prompt that proved it is as old as the canary was long.
            case UNPROVEN, COMPARED -> {
                proven = false;
                promotions.release();
            }
        }
    }

    @Override
    public void proven(Revision active) {
        if (config.enabled()) {
            publish(active, new Finding(PromptOutcome.GOOD, Optional.empty()), Duration.ZERO);
        }
        proven = true;
        promotions.release();
    }

    @Override
    public void renumbered(Revision now, Revision before) {
        revision = now;
    }

    @Override
    public void settled(Settlement settlement) {
        var carrying = revision;
        if (settlement.ending() == Ending.ANSWERED
                && settlement.type().equals("chat")
                && carrying != null
                && settlement.keyId().filter(carrying.keyId()::equals).isPresent()) {
            trafficProved = steady.instant().minus(settlement.latency());
        }
    }

    void start(@Observes StartupEvent event) {
        if (config.enabled()) {
            loop = Thread.ofVirtual().name("health-prompt").start(this::run);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        if (loop != null) {
            loop.interrupt();
        }
    }

    private void run() {
        try {
            var pause = config.interval();
            while (true) {
                while (promotedWithin(jittered(pause))) {
                    pause = proven ? config.interval() : SPREAD;
                }
                pause = askAndGoOn() ? config.interval() : SPREAD;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean promotedWithin(Duration time) throws InterruptedException {
        var promoted = promotions.tryAcquire(time.toNanos(), TimeUnit.NANOSECONDS);
        promotions.drainPermits();
        return promoted;
    }

    private boolean askAndGoOn() {
        try {
            return askIfNeeded();
        } catch (RuntimeException e) {
            // A fault of ours. The message stays out of the log: it could quote the key.
            LOG.errorf("health prompt failed failure=%s", e.getClass().getName());
            return true;
        }
    }

    /// Asks once, unless nothing is there to ask with, or traffic or another pod has shown as much.
    /// Blocks.
    ///
    /// @return false while another pod is asking, so that it is to be seen soon what comes of it
    public boolean askIfNeeded() {
        var asking = revision;
        if (asking == null || trafficProved.isAfter(steady.instant().minus(config.interval()))) {
            return true;
        }
        return switch (turns.next(asking)) {
            case Turn.Wait() -> false;
            case Turn.Known(var finding, var age) -> {
                publish(asking, finding, age);
                yield true;
            }
            case Turn.Ask() -> {
                var before = System.nanoTime();
                var outcome = prober.apply(asking.settings());
                var latency = Duration.ofNanos(System.nanoTime() - before);
                var finding = new Finding(outcome, Optional.of(latency));
                publish(asking, finding, Duration.ZERO);
                turns.found(asking, finding);
                yield true;
            }
        };
    }

    // The lock guards what was last found: a prompt that outlasts its revision says nothing about
    // the one that came after.
    private synchronized void publish(Revision asked, Finding finding, Duration age) {
        var carrying = revision;
        if (carrying == null || !carrying.sameContentAs(asked)) {
            return;
        }
        var previous = last;
        var outcome = finding.outcome();
        var latency = finding.latency();
        lastEnded = steady.instant().minus(age);
        var model = asked.settings().defaultModel();
        last =
                new UpstreamHealth(
                        outcome, model, latency, asked.number(), clock.instant().minus(age));
        if (previous == null || previous.outcome() != outcome) {
            LOG.logf(
                    outcome == PromptOutcome.GOOD ? Logger.Level.INFO : Logger.Level.WARN,
                    "health prompt outcome=%s model=%s latencyMs=%s revision=%d keyId=%s",
                    outcome.word(),
                    model,
                    latency.map(Duration::toMillis).map(String::valueOf).orElse("unknown"),
                    asked.number(),
                    asked.keyId().value());
        }
    }

    private static Duration jittered(Duration duration) {
        return duration.multipliedBy(ThreadLocalRandom.current().nextLong(80, 121)).dividedBy(100);
    }
}
