package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.exchange.ExchangeListener;
import com.alltkn.gateway.exchange.Settlement;
import com.alltkn.gateway.openai.Usage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What exchanges cost by a table of prices: an estimate, for it knows nothing of discounts, cached
/// input or what upstream did not tell. There is no such meter without a table.
@Singleton
class CostMeters implements ExchangeListener {

    private static final double MILLION = 1_000_000;

    private final MeterRegistry registry;
    private final String currency;
    private final Map<String, Price> prices = new HashMap<>();
    private final Map<Series, Counter> costs = new ConcurrentHashMap<>();

    CostMeters(MeterRegistry registry, PricesConfig config) {
        this.registry = registry;
        this.currency = config.currency();
        config.models()
                .forEach((model, price) ->
                        prices.put(
                                model,
                                new Price(
                                        price.input().doubleValue() / MILLION,
                                        price.output().doubleValue() / MILLION)));
    }

    @Override
    public void settled(Settlement settled) {
        if (prices.isEmpty() || settled.usage().isEmpty() || settled.modelUsed().isEmpty()) {
            return;
        }
        var model = settled.modelUsed().get();
        var price = prices.get(model);
        if (price != null) {
            costs.computeIfAbsent(
                            new Series(settled.caller().orElse("unknown"), model), this::counter)
                    .increment(price.of(settled.usage().get()));
        }
    }

    private Counter counter(Series series) {
        return Counter.builder("gateway.cost")
                .description("What exchanges cost, by the table of prices")
                .tag("caller", series.caller)
                .tag("gen_ai.request.model", series.model)
                .tag("currency", currency)
                .register(registry);
    }

    /// @param input of one input token
    /// @param output of one output token
    private record Price(double input, double output) {

        double of(Usage usage) {
            return usage.inputTokens() * input + usage.outputTokens() * output;
        }
    }

    private record Series(String caller, String model) {}
}
