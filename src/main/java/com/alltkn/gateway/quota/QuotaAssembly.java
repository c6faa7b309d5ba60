package com.alltkn.gateway.quota;

import com.alltkn.gateway.redis.SharedState;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/// Chooses where accounts are kept.
@Singleton
final class QuotaAssembly {

    /// A second, as [SlidingWindow] has it.
    private static final Duration SLOT = Duration.ofSeconds(1);

    @Produces
    @Singleton
    Quotas quotas(Optional<SharedState> sharedState, Clock calendar) {
        var clock = new QuotaClock(System::nanoTime, calendar);
        var local = new LocalQuotas(clock);
        return sharedState
                .<Quotas>map(shared -> SharedQuotas.on(shared, local, clock, SLOT))
                .orElse(local);
    }
}
