package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.event.RecordLog;
import com.alltkn.gateway.health.HealthPrompt;
import com.alltkn.gateway.health.UpstreamHealth;
import com.alltkn.gateway.rollout.Alarm;
import com.alltkn.gateway.rollout.Rejection;
import com.alltkn.gateway.rollout.RejectionReason;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.rollout.SourceFailure;
import com.alltkn.gateway.rollout.Stage;
import com.alltkn.gateway.upstream.PromptOutcome;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Gauges of what is so right now: the revision and what is wrong with it, upstream's health,
/// dropped records. A reason has its gauge from the start, at 0.
@Singleton
class StateMeters {

    void register(
            @Observes StartupEvent event,
            MeterRegistry registry,
            Revisions revisions,
            HealthPrompt prompt,
            RecordLog records) {
        revision(registry, revisions);
        source(registry, revisions);
        FunctionCounter.builder("gateway.records.dropped", records, RecordLog::dropped)
                .description("Event records dropped because nobody read the log")
                .register(registry);
        for (var outcome : PromptOutcome.values()) {
            Gauge.builder(
                            "gateway.health.prompt",
                            prompt,
                            p -> p.last().filter(l -> l.outcome() == outcome).isPresent() ? 1 : 0)
                    .description("1 for the outcome of the last small prompt")
                    .tag("outcome", outcome.word())
                    .register(registry);
        }
        TimeGauge.builder(
                        "gateway.health.prompt.latency",
                        prompt,
                        TimeUnit.MILLISECONDS,
                        p ->
                                p.last()
                                        .flatMap(UpstreamHealth::latency)
                                        .map(l -> (double) l.toMillis())
                                        .orElse(Double.NaN))
                .description(
                        "Latency of the last small prompt, NaN where a promotion stands for it")
                .register(registry);
        TimeGauge.builder(
                        "gateway.health.prompt.age",
                        prompt,
                        TimeUnit.MILLISECONDS,
                        p -> p.age().map(age -> (double) age.toMillis()).orElse(Double.NaN))
                .description("Time since the last small prompt")
                .register(registry);
    }

    private static void revision(MeterRegistry registry, Revisions revisions) {
        Gauge.builder(
                        "gateway.revision.number",
                        revisions,
                        r -> r.active().map(Revision::number).orElse(-1L))
                .description("Number of the active revision; -1 while there is none")
                .register(registry);
        for (var stage : Stage.values()) {
            Gauge.builder(
                            "gateway.revision.stage",
                            revisions,
                            r -> r.view().stage() == stage ? 1 : 0)
                    .description("1 for the state of the rollout")
                    .tag("stage", stage.word())
                    .register(registry);
        }
        TimeGauge.builder(
                        "gateway.revision.candidate.age",
                        revisions,
                        TimeUnit.NANOSECONDS,
                        r -> r.view().candidateAge().map(Duration::toNanos).orElse(0L))
                .description("Time since a candidate waits to take over; 0 while none does")
                .register(registry);
        for (var alarm : Alarm.values()) {
            Gauge.builder(
                            "gateway.revision.alarm",
                            revisions,
                            r -> r.view().alarms().containsKey(alarm) ? 1 : 0)
                    .description("1 for what somebody has to look at, until it is over")
                    .tag("reason", alarm.word())
                    .register(registry);
        }
        for (var reason : RejectionReason.values()) {
            Gauge.builder(
                            "gateway.revision.rejected",
                            revisions,
                            r -> rejectedFor(r, reason) ? 1 : 0)
                    .description(
                            "1 for why the version that the source asks for carries no requests")
                    .tag("reason", reason.word())
                    .register(registry);
        }
    }

    private static boolean rejectedFor(Revisions revisions, RejectionReason reason) {
        return revisions
                .view()
                .rejection()
                .map(Rejection::reason)
                .filter(reason::equals)
                .isPresent();
    }

    private static void source(MeterRegistry registry, Revisions revisions) {
        TimeGauge.builder(
                        "gateway.source.age",
                        revisions,
                        TimeUnit.NANOSECONDS,
                        r -> r.view().source().age().toNanos())
                .description("Time since the settings' source last answered")
                .register(registry);
        for (var reason : SourceFailure.values()) {
            Gauge.builder(
                            "gateway.source.failing",
                            revisions,
                            r ->
                                    r.view().source().failure().filter(reason::equals).isPresent()
                                            ? 1
                                            : 0)
                    .description("1 for why the last read gave nothing")
                    .tag("reason", reason.word())
                    .register(registry);
        }
    }
}
