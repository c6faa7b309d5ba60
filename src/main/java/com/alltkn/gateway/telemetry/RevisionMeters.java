package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.rollout.Alarm;
import com.alltkn.gateway.rollout.Promotion;
import com.alltkn.gateway.rollout.RejectionReason;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import com.alltkn.gateway.rollout.SourceFailure;
import com.alltkn.gateway.rollout.Stage;
import com.alltkn.gateway.rollout.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
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
    private volatile Stage stage = Stage.STARTING;
    private volatile @Nullable Long candidateSince;

    RevisionMeters(MeterRegistry registry) {
        this.registry = registry;
        TimeGauge.builder(
                        "gateway.source.age",
                        this,
                        TimeUnit.NANOSECONDS,
                        meters -> System.nanoTime() - meters.answeredAt)
                .description("Time since the settings' source last answered")
                .register(registry);
        TimeGauge.builder(
                        "gateway.revision.candidate.age",
                        this,
                        TimeUnit.NANOSECONDS,
                        RevisionMeters::candidateAge)
                .description("Time since a candidate waits to take over; 0 while none does")
                .register(registry);
        for (var one : Stage.values()) {
            Gauge.builder("gateway.revision.stage", this, meters -> meters.stage == one ? 1 : 0)
                    .description("1 for the state of the rollout")
                    .tag("stage", one.word())
                    .register(registry);
        }
    }

    @Override
    public void promoted(Revision now, @Nullable Revision before, Promotion how) {
        count("gateway.revision.promotions", "how", how.word());
    }

    @Override
    public void entered(Stage stage, @Nullable Revision candidate) {
        this.stage = stage;
        if (candidate == null) {
            candidateSince = null;
        } else if (candidateSince == null) {
            candidateSince = System.nanoTime();
        }
    }

    @Override
    public void verified(Revision revision, Verdict verdict) {
        count("gateway.revision.prompts", "verdict", verdict.word());
    }

    @Override
    public void raised(Alarm alarm, String sentence) {
        count("gateway.revision.alarms", "reason", alarm.word());
    }

    @Override
    public void rejected(long number, String source, RejectionReason reason, String sentence) {
        count("gateway.revision.rejections", "reason", reason.word());
    }

    @Override
    public void sourceUnavailable(SourceFailure reason, String detail) {
        count("gateway.source.failures", "reason", reason.word());
    }

    @Override
    public void sourceAvailable() {
        answeredAt = System.nanoTime();
    }

    private void count(String name, String tag, String value) {
        Counter.builder(name).tag(tag, value).register(registry).increment();
    }

    private double candidateAge() {
        var since = candidateSince;
        return since == null ? 0 : System.nanoTime() - since;
    }
}
