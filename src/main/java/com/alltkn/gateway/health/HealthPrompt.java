package com.alltkn.gateway.health;

import com.alltkn.gateway.exchange.ExchangeListener;
import com.alltkn.gateway.exchange.Settlement;
import com.alltkn.gateway.exchange.Settlement.Ending;
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
    private final Semaphore promotions = new Semaphore(0);
    private volatile @Nullable Revision revision;
    private volatile boolean proven;
    private volatile @Nullable UpstreamHealth last;
    private volatile Instant lastEnded = Instant.MIN;
    private volatile Instant trafficProved = Instant.MIN;
    private @Nullable Thread loop;

    @Inject
    HealthPrompt(Prober prober, HealthPromptConfig config, Clock clock, InstantSource steady) {
        this(prober::ask, config, clock, steady);
    }

    /// @param prober asks and judges; may block
    /// @param config whether and how often
    /// @param clock dates the outcome
    /// @param steady tells when traffic was last proof enough; steps of the machine's clock must
    ///   not reach it
    public HealthPrompt(
            Function<Settings, PromptOutcome> prober,
            HealthPromptConfig config,
            Clock clock,
            InstantSource steady) {
        this.prober = prober;
        this.config = config;
        this.clock = clock;
        this.steady = steady;
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
            publish(active, PromptOutcome.GOOD, Optional.empty());
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
            while (true) {
                var pause = config.interval();
                while (promotedWithin(jittered(pause))) {
                    pause = proven ? config.interval() : SPREAD;
                }
                askAndGoOn();
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

    private void askAndGoOn() {
        try {
            askIfNeeded();
        } catch (RuntimeException e) {
            // A fault of ours. The message stays out of the log: it could quote the key.
            LOG.errorf("health prompt failed failure=%s", e.getClass().getName());
        }
    }

    /// Asks once, unless nothing is there to ask with or traffic has shown as much. Blocks.
    public void askIfNeeded() {
        var asking = revision;
        if (asking == null || trafficProved.isAfter(steady.instant().minus(config.interval()))) {
            return;
        }
        var before = System.nanoTime();
        var outcome = prober.apply(asking.settings());
        var latency = Duration.ofNanos(System.nanoTime() - before);
        publish(asking, outcome, Optional.of(latency));
    }

    // The lock guards what was last found: a prompt that outlasts its revision says nothing about
    // the one that came after.
    private synchronized void publish(
            Revision asked, PromptOutcome outcome, Optional<Duration> latency) {
        var carrying = revision;
        if (carrying == null || !carrying.sameContentAs(asked)) {
            return;
        }
        var previous = last;
        lastEnded = steady.instant();
        var model = asked.settings().defaultModel();
        last = new UpstreamHealth(outcome, model, latency, asked.number(), clock.instant());
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
