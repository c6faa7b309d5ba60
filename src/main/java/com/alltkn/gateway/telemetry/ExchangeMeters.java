package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.exchange.ExchangeListener;
import com.alltkn.gateway.exchange.Exchanges;
import com.alltkn.gateway.exchange.Settlement;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// The meters of exchanges, under OpenTelemetry's GenAI names where there are any. Every label has
/// few values: an enum, a route, a configured model or caller.
@Singleton
class ExchangeMeters implements ExchangeListener {

    /// The bucket bounds that the GenAI conventions advise.
    private static final Duration[] DURATIONS = {
        Duration.ofMillis(10),
        Duration.ofMillis(40),
        Duration.ofMillis(160),
        Duration.ofMillis(640),
        Duration.ofMillis(2560),
        Duration.ofMillis(10240),
        Duration.ofMillis(40960),
        Duration.ofMillis(81920)
    };

    private static final double[] TOKENS = {1, 16, 64, 256, 1024, 4096, 16384, 65536, 262144};

    /// The errors that tell a caller of its own limits, and the label of each.
    private static final Map<String, String> LIMITS =
            Map.of("rate_limit_exceeded", "limit", "insufficient_quota", "budget");

    private final MeterRegistry registry;
    private final ModelLabels models;
    private final Map<Shape, Timer> durations = new ConcurrentHashMap<>();
    private final Map<Shape, Timer> firstChunks = new ConcurrentHashMap<>();
    private final Map<Tokens, DistributionSummary> tokens = new ConcurrentHashMap<>();
    private final Map<Outcome, Counter> outcomes = new ConcurrentHashMap<>();
    private final Map<Limit, Counter> limited = new ConcurrentHashMap<>();
    private final Counter usageUnknown;
    private final Counter attempts;
    private final Counter retries;
    private final Counter fallbacks;
    private final Counter ownShares;

    ExchangeMeters(MeterRegistry registry, ModelLabels models) {
        this.registry = registry;
        this.models = models;
        this.usageUnknown =
                Counter.builder("gateway.usage.unknown")
                        .description("Answered exchanges whose usage upstream did not tell")
                        .register(registry);
        this.attempts =
                Counter.builder("gateway.upstream.attempts")
                        .description("Calls upstream for exchanges")
                        .register(registry);
        this.retries =
                Counter.builder("gateway.upstream.retries")
                        .description("Calls upstream that repeat one that failed")
                        .register(registry);
        this.fallbacks =
                Counter.builder("gateway.upstream.fallbacks")
                        .description("Changes to a fallback model")
                        .register(registry);
        this.ownShares =
                Counter.builder("gateway.quota.own.share")
                        .description("Exchanges that the pod decided by its own share of limits")
                        .register(registry);
    }

    /// Once there are exchanges: they tell the meters, so the meters are there before.
    void register(@Observes StartupEvent event, Exchanges exchanges) {
        show(exchanges::view);
    }

    void show(Supplier<Exchanges.View> view) {
        Gauge.builder("gateway.exchanges.in.flight", () -> view.get().underWay())
                .description("Exchanges that began and have not settled")
                .register(registry);
    }

    @Override
    public void settled(Settlement settled) {
        var model = models.of(settled.modelUsed());
        var shape =
                new Shape(settled.type(), model, settled.streamed(), settled.error().orElse(""));
        durations.computeIfAbsent(shape, this::duration).record(settled.latency());
        settled.timeToFirstByte()
                .ifPresent(
                        time -> firstChunks.computeIfAbsent(shape, this::firstChunk).record(time));
        settled.usage()
                .ifPresentOrElse(
                        usage -> {
                            count(settled.type(), model, "input", usage.inputTokens());
                            count(settled.type(), model, "output", usage.outputTokens());
                        },
                        () -> {
                            if (settled.ending() == Settlement.Ending.ANSWERED
                                    && settled.modelUsed().isPresent()) {
                                usageUnknown.increment();
                            }
                        });
        attempts.increment(settled.effort().attempts());
        retries.increment(settled.effort().retries());
        fallbacks.increment(settled.effort().fallbacks());
        if (settled.ownShare()) {
            ownShares.increment();
        }
        var caller = settled.caller().orElse("unknown");
        outcomes.computeIfAbsent(
                        new Outcome(caller, settled.route(), settled.ending()), this::outcome)
                .increment();
        settled.error()
                .map(LIMITS::get)
                .ifPresent(by -> limited(new Limit(caller, by)).increment());
    }

    private void count(String type, String model, String kind, long amount) {
        tokens.computeIfAbsent(new Tokens(type, model, kind), this::summary).record(amount);
    }

    private Timer duration(Shape shape) {
        return timer("gen_ai.client.operation.duration", "Time from arrival to settlement", shape);
    }

    private Timer firstChunk(Shape shape) {
        return timer(
                "gen_ai.client.operation.time_to_first_chunk",
                "Time from arrival to the first byte of upstream's answer",
                shape);
    }

    private Timer timer(String name, String description, Shape shape) {
        return Timer.builder(name)
                .description(description)
                .tag("gen_ai.operation.name", shape.type)
                .tag("gen_ai.provider.name", "alltkn")
                .tag("gen_ai.request.model", shape.model)
                .tag("gateway.stream", Boolean.toString(shape.streamed))
                .tag("error.type", shape.error)
                .serviceLevelObjectives(DURATIONS)
                .register(registry);
    }

    private DistributionSummary summary(Tokens of) {
        return DistributionSummary.builder("gen_ai.client.token.usage")
                .description("Input and output tokens of an exchange, as upstream counted them")
                .baseUnit("tokens")
                .tag("gen_ai.operation.name", of.type)
                .tag("gen_ai.provider.name", "alltkn")
                .tag("gen_ai.request.model", of.model)
                .tag("gen_ai.token.type", of.kind)
                .serviceLevelObjectives(TOKENS)
                .register(registry);
    }

    private Counter outcome(Outcome of) {
        // From zero on, for a counter that is born with its first event shows no increase.
        LIMITS.values().forEach(by -> limited(new Limit(of.caller, by)));
        return Counter.builder("gateway.exchanges")
                .description("Exchanges by how they ended")
                .tag("caller", of.caller)
                .tag("route", of.route)
                .tag("outcome", of.ending.name().toLowerCase(Locale.ROOT))
                .register(registry);
    }

    private Counter limited(Limit limit) {
        return limited.computeIfAbsent(
                limit,
                of ->
                        Counter.builder("gateway.callers.limited")
                                .description("Requests refused for the caller's own limits")
                                .tag("caller", of.caller)
                                .tag("by", of.by)
                                .register(registry));
    }

    private record Shape(String type, String model, boolean streamed, String error) {}

    private record Tokens(String type, String model, String kind) {}

    private record Outcome(String caller, String route, Settlement.Ending ending) {}

    private record Limit(String caller, String by) {}
}
