package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.rollout.Alarm;
import com.alltkn.gateway.rollout.Promotion;
import com.alltkn.gateway.rollout.PromptAnswer;
import com.alltkn.gateway.rollout.RejectionReason;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import com.alltkn.gateway.rollout.SourceFailure;
import com.alltkn.gateway.rollout.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Counts what happens to revisions and to their source.
@Singleton
class RevisionMeters implements RevisionListener {

    private final MeterRegistry registry;

    RevisionMeters(MeterRegistry registry) {
        this.registry = registry;
        // From zero on, for a counter that is born with its first event shows no increase.
        Stream.of(Promotion.values()).forEach(this::promotions);
        Stream.of(Alarm.values()).forEach(this::alarms);
        Stream.of(RejectionReason.values()).forEach(this::rejections);
        Stream.of(SourceFailure.values()).forEach(this::failures);
    }

    @Override
    public void promoted(Revision now, @Nullable Revision before, Promotion how) {
        promotions(how).increment();
    }

    @Override
    public void verified(Revision revision, Verdict verdict) {
        prompts(verdict.word()).increment();
    }

    @Override
    public void confirmed(Revision revision, String model, PromptAnswer answer) {
        prompts(answer.word()).increment();
    }

    @Override
    public void raised(Alarm alarm, String sentence) {
        alarms(alarm).increment();
    }

    @Override
    public void rejected(long number, String source, RejectionReason reason, String sentence) {
        rejections(reason).increment();
    }

    @Override
    public void sourceUnavailable(SourceFailure reason, String detail) {
        failures(reason).increment();
    }

    private Counter prompts(String word) {
        return counter("gateway.revision.prompts", "Prompts that were asked", "verdict", word);
    }

    private Counter promotions(Promotion how) {
        return counter(
                "gateway.revision.promotions", "Revisions that took over", "how", how.word());
    }

    private Counter alarms(Alarm alarm) {
        return counter(
                "gateway.revision.alarms", "Alarms that were raised", "reason", alarm.word());
    }

    private Counter rejections(RejectionReason reason) {
        return counter(
                "gateway.revision.rejections",
                "Contents that will not carry requests",
                "reason",
                reason.word());
    }

    private Counter failures(SourceFailure reason) {
        return counter(
                "gateway.source.failures", "Reads that gave nothing", "reason", reason.word());
    }

    private Counter counter(String name, String description, String tag, String value) {
        return Counter.builder(name).description(description).tag(tag, value).register(registry);
    }
}
