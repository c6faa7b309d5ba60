package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.exchange.ExchangeListener;
import com.alltkn.gateway.exchange.Settlement;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/// One span for each exchange, with OpenTelemetry's GenAI attributes, made when it settles. It
/// continues the caller's trace, which ends here: upstream never sees it.
@Singleton
class ExchangeTraces implements ExchangeListener {

    private final Tracer tracer;
    private final boolean enabled;

    ExchangeTraces(
            OpenTelemetry telemetry,
            @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean disabled) {
        this.tracer = telemetry.getTracer("com.alltkn.gateway");
        this.enabled = !disabled;
    }

    @Override
    public void settled(Settlement settled) {
        if (!enabled) {
            return;
        }
        var model = settled.modelUsed();
        var span =
                tracer.spanBuilder(settled.type() + model.map(name -> " " + name).orElse(""))
                        .setParent(parent(settled))
                        .setSpanKind(SpanKind.SERVER)
                        .setStartTimestamp(settled.startedAt())
                        .setAttribute("gen_ai.operation.name", settled.type())
                        .setAttribute("gen_ai.provider.name", "alltkn")
                        .setAttribute("http.route", settled.route())
                        .setAttribute("http.response.status_code", settled.status())
                        .setAttribute("gateway.request.id", settled.requestId())
                        .startSpan();
        model.ifPresent(name -> span.setAttribute("gen_ai.request.model", name));
        settled.caller().ifPresent(id -> span.setAttribute("gateway.caller", id));
        settled.revision().ifPresent(number -> span.setAttribute("gateway.revision", number));
        settled.usage()
                .ifPresent(usage -> {
                    span.setAttribute("gen_ai.usage.input_tokens", usage.inputTokens());
                    span.setAttribute("gen_ai.usage.output_tokens", usage.outputTokens());
                });
        settled.error()
                .ifPresent(error -> {
                    span.setAttribute("error.type", error);
                    span.setStatus(StatusCode.ERROR);
                });
        span.end(settled.startedAt().plus(settled.latency()));
    }

    private static Context parent(Settlement settled) {
        return W3CTraceContextPropagator.getInstance()
                .extract(Context.root(), settled, TraceParent.GETTER);
    }

    private enum TraceParent implements TextMapGetter<Settlement> {
        GETTER;

        @Override
        public Iterable<String> keys(Settlement settled) {
            return List.of("traceparent");
        }

        @Override
        public @Nullable String get(@Nullable Settlement settled, String key) {
            return settled != null && key.equals("traceparent")
                    ? settled.traceParent().orElse(null)
                    : null;
        }
    }
}
