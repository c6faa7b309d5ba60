package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.event.RecordLog;
import com.alltkn.gateway.health.HealthPrompt;
import com.alltkn.gateway.health.UpstreamHealth;
import com.alltkn.gateway.rollout.Alarm;
import com.alltkn.gateway.rollout.RejectionReason;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.rollout.SourceFailure;
import com.alltkn.gateway.upstream.PromptOutcome;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
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
        Gauge.builder(
                        "gateway.revision.number",
                        revisions,
                        r -> r.active().map(Revision::number).orElse(-1L))
                .description("Number of the active revision; -1 while there is none")
                .register(registry);
        for (var alarm : Alarm.values()) {
            Gauge.builder(
                            "gateway.revision.alarm",
                            revisions,
                            r -> r.alarms().contains(alarm) ? 1 : 0)
                    .description("1 for what somebody has to look at, until it is over")
                    .tag("reason", alarm.word())
                    .register(registry);
        }
        for (var reason : RejectionReason.values()) {
            Gauge.builder(
                            "gateway.revision.rejected",
                            revisions,
                            r -> r.rejection().filter(reason::equals).isPresent() ? 1 : 0)
                    .description(
                            "1 for why the version that the source asks for carries no requests")
                    .tag("reason", reason.word())
                    .register(registry);
        }
        for (var reason : SourceFailure.values()) {
            Gauge.builder(
                            "gateway.source.failing",
                            revisions,
                            r -> r.sourceFailure().filter(reason::equals).isPresent() ? 1 : 0)
                    .description("1 for why the last read gave nothing")
                    .tag("reason", reason.word())
                    .register(registry);
        }
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
}
