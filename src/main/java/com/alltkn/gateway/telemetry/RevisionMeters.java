package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.rollout.RejectionReason;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import com.alltkn.gateway.rollout.SourceFailure;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import jakarta.inject.Singleton;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Counts what happens to revisions and to their source.
@Singleton
class RevisionMeters implements RevisionListener {

    private final MeterRegistry registry;
    private volatile long answeredAt = System.nanoTime();

    RevisionMeters(MeterRegistry registry) {
        this.registry = registry;
        TimeGauge.builder(
                        "gateway.source.age",
                        this,
                        TimeUnit.NANOSECONDS,
                        meters -> System.nanoTime() - meters.answeredAt)
                .description("Time since the settings' source last answered")
                .register(registry);
    }

    @Override
    public void promoted(Revision now, @Nullable Revision before) {
        Counter.builder("gateway.revision.promotions").register(registry).increment();
    }

    @Override
    public void rejected(long number, String source, RejectionReason reason, String sentence) {
        Counter.builder("gateway.revision.rejections")
                .tag("reason", reason.word())
                .register(registry)
                .increment();
    }

    @Override
    public void sourceUnavailable(SourceFailure reason, String detail) {
        Counter.builder("gateway.source.failures")
                .tag("reason", reason.word())
                .register(registry)
                .increment();
    }

    @Override
    public void sourceAvailable() {
        answeredAt = System.nanoTime();
    }
}
