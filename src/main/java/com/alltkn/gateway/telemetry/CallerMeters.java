package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.caller.KeySets;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// What of the callers and their credentials is in force, and for how long it has not been what it
/// should be.
@Singleton
class CallerMeters {

    void register(
            @Observes StartupEvent event,
            MeterRegistry registry,
            CallerDirectory directory,
            KeySets keySets) {
        Gauge.builder("gateway.callers.known", directory, d -> d.view().known())
                .description("Callers that are known")
                .register(registry);
        TimeGauge.builder(
                        "gateway.callers.stale",
                        directory,
                        TimeUnit.MILLISECONDS,
                        d -> d.view().stale().map(Duration::toMillis).orElse(0L))
                .description("Since when the callers file is no good; 0 while it is in force")
                .register(registry);
        TimeGauge.builder(
                        "gateway.callers.keys.age",
                        keySets,
                        TimeUnit.MILLISECONDS,
                        k -> k.view().age().map(age -> (double) age.toMillis()).orElse(Double.NaN))
                .description("Time since the keys of the tokens' issuer were read")
                .register(registry);
        TimeGauge.builder(
                        "gateway.callers.keys.empty",
                        keySets,
                        TimeUnit.MILLISECONDS,
                        k -> k.view().empty().map(Duration::toMillis).orElse(0L))
                .description("Since when the tokens' issuer says that it has no key; 0 else")
                .register(registry);
        FunctionCounter.builder("gateway.callers.keys.failures", keySets, k -> k.view().failures())
                .description("Failed readings of the keys of the tokens' issuer")
                .register(registry);
    }
}
