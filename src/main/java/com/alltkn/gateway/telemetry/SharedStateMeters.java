package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.quota.Quotas;
import com.alltkn.gateway.redis.Fleet;
import com.alltkn.gateway.redis.Scripts;
import com.alltkn.gateway.redis.SharedState;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Optional;

/// Whether what pods share can be reached, and what it has not been told. Where nothing is shared,
/// there are no such meters.
@Singleton
class SharedStateMeters {

    void register(
            @Observes StartupEvent event,
            MeterRegistry registry,
            Optional<SharedState> sharedState,
            Quotas quotas) {
        sharedState.ifPresent(shared -> register(registry, shared, quotas));
    }

    private static void register(MeterRegistry registry, SharedState shared, Quotas quotas) {
        Gauge.builder("gateway.shared.state.up", shared.scripts(), s -> s.isUp() ? 1 : 0)
                .description("1 while Redis answers; limits are the pod's own share while 0")
                .register(registry);
        Gauge.builder("gateway.shared.state.pods", shared.fleet(), Fleet::pods)
                .description("Pods that share limits, as last heard")
                .register(registry);
        FunctionCounter.builder(
                        "gateway.shared.state.failures", shared.scripts(), Scripts::failures)
                .description("Times that Redis failed to answer within the deadline")
                .register(registry);
        Gauge.builder("gateway.quota.untold", quotas, q -> q.view().untold())
                .description("Exchanges that Redis has not been told of yet")
                .register(registry);
        FunctionCounter.builder("gateway.quota.never.told", quotas, q -> q.view().neverTold())
                .description("Exchanges that Redis will never be told of")
                .register(registry);
    }
}
