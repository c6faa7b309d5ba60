package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.quota.Quotas;
import com.alltkn.gateway.quota.Spending;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/// How much of their budgets callers have used, of those that have one: there are as many such
/// meters as budgets in the callers file. Nothing is counted for them; whoever reads a meter reads
/// what is known anyway.
@Singleton
class BudgetMeters {

    void register(
            @Observes StartupEvent event,
            MeterRegistry registry,
            CallerDirectory directory,
            Quotas quotas) {
        var shares =
                MultiGauge.builder("gateway.callers.budget.used.ratio")
                        .description("Share of a budget that is used; 1 is all of it")
                        .register(registry);
        Runnable follow =
                () ->
                        shares.register(
                                directory.current().all().stream()
                                        .flatMap(caller -> rows(caller, quotas))
                                        .toList(),
                                true);
        directory.afterChange(follow);
        follow.run();
    }

    private static Stream<Row<Caller>> rows(Caller caller, Quotas quotas) {
        var budget = caller.budget();
        return Stream.concat(
                row("daily", caller, budget.dailyTokens(), quotas, Spending::daily),
                row("monthly", caller, budget.monthlyTokens(), quotas, Spending::monthly));
    }

    private static Stream<Row<Caller>> row(
            String name,
            Caller caller,
            OptionalLong limit,
            Quotas quotas,
            ToLongFunction<Spending> used) {
        return limit.stream()
                .mapToObj(most ->
                        Row.of(
                                Tags.of("caller", caller.id(), "budget", name),
                                caller,
                                c -> (double) used.applyAsLong(quotas.lastSpending(c)) / most));
    }
}
