package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Reading.Unavailable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// The one owner of the rollout's state: says which revision carries requests, and tells logs and
/// listeners of everything that happens to it.
///
/// The public methods may be called by any thread at any time. The state is changed by the loop's
/// thread only, each time in one swap.
public final class Revisions {

    private static final Logger LOG = Logger.getLogger(Revisions.class);

    private final List<RevisionListener> listeners;
    private final Signals signals;
    private final InstantSource clock;
    private final AtomicReference<Rollout> rollout = new AtomicReference<>(new Rollout.Starting());

    /// The active revision once every listener knows it, if it is proven: from then on whoever asks
    /// for connections gets those of it.
    private volatile @Nullable Revision announced;

    private volatile Map<Alarm, String> alarms = Map.of();
    private volatile @Nullable Rejection rejection;
    private volatile @Nullable SourceFailure failure;

    /// When the source last answered; at first, since when it could have.
    private volatile Instant answeredAt;

    /// Since when a candidate waits to take over, be it always the same or not.
    private volatile @Nullable Instant candidateSince;

    /// @param listeners told in this order
    /// @param signals where other threads' words for the loop go
    /// @param clock the time; steps of the machine's clock must not reach it
    Revisions(List<RevisionListener> listeners, Signals signals, InstantSource clock) {
        this.listeners = List.copyOf(listeners);
        this.signals = signals;
        this.clock = clock;
        this.answeredAt = clock.instant();
    }

    /// For the data path: one volatile read, nothing allocated. Whoever begins an attempt takes it
    /// once and keeps to it until the attempt's last byte.
    ///
    /// @return the revision that carries requests, or null while there is none yet
    public @Nullable Revision activeOrNull() {
        return rollout.get().activeOrNull();
    }

    /// @return the revision that carries requests, or empty while there is none yet
    public Optional<Revision> active() {
        return Optional.ofNullable(activeOrNull());
    }

    /// For the data path, as [#activeOrNull()].
    ///
    /// @return where the rollout stands
    public Stage stage() {
        return rollout.get().stage();
    }

    /// @return what is known now, for people and meters
    public View view() {
        var state = rollout.get();
        var now = clock.instant();
        return new View(
                Optional.ofNullable(state.activeOrNull()),
                state.stage(),
                Optional.ofNullable(state.candidateOrNull()),
                Optional.ofNullable(candidateSince).map(since -> Duration.between(since, now)),
                state instanceof Rollout.Canary canary ? canary.percent() : 0,
                alarms,
                Optional.ofNullable(rejection),
                new Source(Duration.between(answeredAt, now), Optional.ofNullable(failure)));
    }

    /// Says that requests are answered again after upstream had failed, so that a candidate which
    /// waits for upstream is asked about at once. Never blocks.
    public void trafficRecovered() {
        signals.recovered();
    }

    /// Says that upstream answered an attempt with 401. Never blocks. A 403 must not come here: a
    /// caller can cause it. Nor does this decide anything: prompts say whether it is the key.
    ///
    /// @param bound the revision that the attempt was bound to
    /// @param model the model that was asked for, where a small prompt can ask for it, too
    public void refused(Revision bound, @Nullable String model) {
        var state = rollout.get();
        var active = state.activeOrNull();
        if (active != null && active.sameContentAs(bound)) {
            signals.refused(Refusal.of(bound, model));
        } else if (state instanceof Rollout.Canary(_, var candidate)
                && candidate.sameContentAs(bound)) {
            signals.candidateRefused(Refusal.of(bound, model));
        }
    }

    /// For an exchange whose attempt was answered with 401 and whose body is still there: asks for
    /// another revision to move to, once. All who ask share one look at the source and at most a
    /// few prompts. Never blocks; the stage may complete on the calling thread or on another, which
    /// must not be held up.
    ///
    /// @param bound the revision that the attempt was bound to
    /// @return within 5 s the revision that carries requests instead, be it the newer, the previous
    ///   or, for the candidate of a canary, the active one, or empty if there is none; never
    ///   completes with a failure
    public CompletionStage<Optional<Revision>> replacement(Revision bound) {
        var other = announced;
        return other != null && !other.sameContentAs(bound)
                ? CompletableFuture.completedStage(Optional.of(other))
                : signals.awaitReplacement(bound);
    }

    // The loop's thread only, from here on.

    /// @return the active revision, if it is proven
    Optional<Revision> proven() {
        return Optional.ofNullable(announced);
    }

    Rollout state() {
        return rollout.get();
    }

    /// Goes to the next state, which the present one offered.
    ///
    /// @param how what speaks for the active revision, should it be another one
    void move(Rollout next, Promotion how) {
        var last = rollout.getAndSet(next);
        var before = last.activeOrNull();
        var now = next.activeOrNull();
        if (now != null && (before == null || !now.sameContentAs(before))) {
            promoted(now, before, how);
        } else if (now != null && before != null && now.number() != before.number()) {
            LOG.infof(
                    "revision renumbered number=%d before=%d source=%s keyId=%s",
                    now.number(), before.number(), now.source(), now.keyId());
            tell(listener -> listener.renumbered(now, before));
        } else if (last instanceof Rollout.Unproven
                && next instanceof Rollout.Settled(var active)) {
            LOG.infof("revision proven number=%d keyId=%s", active.number(), active.keyId());
            tell(listener -> listener.proven(active));
        }
        announced = next instanceof Rollout.Unproven ? null : now;
        entered(last, next);
    }

    void verified(Revision revision, Verdict verdict, boolean again) {
        // Once per verdict: the meter shows that it lasts.
        LOG.logf(
                again
                        ? Logger.Level.DEBUG
                        : verdict instanceof Verdict.Good ? Logger.Level.INFO : Logger.Level.WARN,
                "revision verified number=%d source=%s verdict=%s keyId=%s model=%s active=%s"
                        + " detail=\"%s\"",
                revision.number(),
                revision.source(),
                verdict.word(),
                revision.keyId(),
                revision.settings().defaultModel(),
                activeNumber(),
                verdict.words());
        tell(listener -> listener.verified(revision, verdict));
    }

    /// A prompt was asked to confirm what was met elsewhere.
    void confirmed(Revision revision, String model, PromptAnswer answer) {
        LOG.infof(
                "revision confirmed number=%d source=%s answer=%s keyId=%s model=%s active=%s",
                revision.number(),
                revision.source(),
                answer.word(),
                revision.keyId(),
                model,
                activeNumber());
        tell(listener -> listener.confirmed(revision, model, answer));
    }

    void rejected(long number, String source, RejectionReason reason, String sentence) {
        LOG.errorf(
                "revision rejected number=%d source=%s reason=%s detail=\"%s\" active=%s",
                number, source, reason.word(), sentence, activeNumber());
        tell(listener -> listener.rejected(number, source, reason, sentence));
    }

    /// Takes what stands now, and tells of what did not before.
    ///
    /// @param now each alarm with a sentence for people
    /// @param rejected why the version that the source asks for was rejected, if it was
    void stand(Map<Alarm, String> now, Optional<Rejection> rejected) {
        var before = alarms;
        alarms = Collections.unmodifiableMap(now);
        rejection = rejected.orElse(null);
        now.forEach((alarm, sentence) -> {
            if (!sentence.equals(before.get(alarm))) {
                raise(alarm, sentence);
            }
        });
        before.keySet().stream().filter(alarm -> !now.containsKey(alarm)).forEach(this::end);
    }

    private void raise(Alarm alarm, String sentence) {
        LOG.errorf(
                "revision alarm reason=%s detail=\"%s\" active=%s",
                alarm.word(), sentence, activeNumber());
        tell(listener -> listener.raised(alarm, sentence));
    }

    private void end(Alarm alarm) {
        LOG.infof("revision alarm over reason=%s active=%s", alarm.word(), activeNumber());
    }

    /// The comparison of a candidate with the active revision is over, and it is no worse.
    void compared(Revision candidate, String sentence) {
        LOG.infof(
                "canary compared number=%d keyId=%s detail=\"%s\" active=%s",
                candidate.number(), candidate.keyId(), sentence, activeNumber());
    }

    void available(String source) {
        if (failure != null) {
            LOG.infof("source available source=%s after=%s", source, failure.word());
            failure = null;
        }
        answeredAt = clock.instant();
        tell(RevisionListener::sourceAvailable);
    }

    void unavailable(String source, Unavailable reading) {
        // Once per cause: the meter shows that it lasts.
        if (reading.reason() != failure) {
            LOG.logf(
                    reading.reason().needsSomebody() ? Logger.Level.ERROR : Logger.Level.WARN,
                    "source unavailable source=%s reason=%s detail=\"%s\" active=%s",
                    source,
                    reading.reason().word(),
                    reading.detail(),
                    activeNumber());
            failure = reading.reason();
        }
        tell(listener -> listener.sourceUnavailable(reading.reason(), reading.detail()));
    }

    private void promoted(Revision now, @Nullable Revision before, Promotion how) {
        LOG.logf(
                how == Promotion.PROVEN ? Logger.Level.INFO : Logger.Level.WARN,
                "revision promoted number=%d before=%s how=%s source=%s keyId=%s baseUrl=%s"
                        + " model=%s timeout=%s origins=%s",
                now.number(),
                before == null ? "none" : Long.toString(before.number()),
                how.word(),
                now.source(),
                now.keyId(),
                now.settings().baseUrl(),
                now.settings().defaultModel(),
                now.settings().requestTimeout(),
                now.settings().origins());
        tell(listener -> listener.promoted(now, before, how));
    }

    private void entered(Rollout last, Rollout next) {
        var candidate = next.candidateOrNull();
        if (candidate == null) {
            candidateSince = null;
        } else if (candidateSince == null) {
            candidateSince = clock.instant();
        }
        if (last.stage() != next.stage() || !Objects.equals(candidate, last.candidateOrNull())) {
            LOG.infof(
                    "rollout entered stage=%s active=%s candidate=%s percent=%d",
                    next.stage().word(),
                    activeNumber(),
                    candidate == null ? "none" : Long.toString(candidate.number()),
                    next instanceof Rollout.Canary canary ? canary.percent() : 0);
            tell(listener -> listener.entered(next.stage(), candidate));
        }
    }

    private String activeNumber() {
        var active = activeOrNull();
        return active == null ? "none" : Long.toString(active.number());
    }

    private void tell(Consumer<RevisionListener> event) {
        for (var listener : listeners) {
            try {
                event.accept(listener);
            } catch (RuntimeException e) {
                LOG.errorf(
                        e, "revision listener failed listener=%s", listener.getClass().getName());
            }
        }
    }

    /// What is known of revisions at one time.
    ///
    /// @param active carries requests; empty while none does
    /// @param stage where the rollout stands
    /// @param candidate is being proven, or tried out with a share of the requests; empty where
    ///   nothing is
    /// @param candidateAge for how long a candidate has waited to take over, be it always the same
    ///   or not; empty where none does
    /// @param canaryPercent the share of exchanges that a candidate carries; 0 without a canary
    /// @param alarms what somebody has to look at, until it is over, each with a sentence for
    ///   people that never holds the key
    /// @param rejection why the version that the source asks for will not carry requests; empty
    ///   once it asks for another, or while nothing speaks against it
    /// @param source what is known of the source
    public record View(
            Optional<Revision> active,
            Stage stage,
            Optional<Revision> candidate,
            Optional<Duration> candidateAge,
            int canaryPercent,
            Map<Alarm, String> alarms,
            Optional<Rejection> rejection,
            Source source) {}

    /// What is known of the settings' source at one time.
    ///
    /// @param age how long ago it last answered; until it has, how long it could have
    /// @param failure why the last read gave nothing; empty if it was answered
    public record Source(Duration age, Optional<SourceFailure> failure) {}
}
