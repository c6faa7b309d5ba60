package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Rollout.Canary;
import com.alltkn.gateway.rollout.Rollout.Probation;
import com.alltkn.gateway.rollout.Rollout.Settled;
import com.alltkn.gateway.rollout.Rollout.Starting;
import com.alltkn.gateway.rollout.Rollout.Unproven;
import com.alltkn.gateway.rollout.Rollout.Verifying;
import com.alltkn.gateway.rollout.Separation.SharedWith;
import com.alltkn.gateway.rollout.Separation.Unchecked;
import com.alltkn.gateway.rollout.Wanted.Unusable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Says which alarms stand. They are worked out anew each time from what is known, and from nothing
/// that was said before, so that none outlives its cause and none ends before it.
///
/// For one thread at a time.
final class StandingAlarms {

    private final Wanted wanted;
    private final Verifier verifier;
    private final ColdStart coldStart;
    private final Revisions revisions;
    private final InstantSource clock;

    /// What each alarm that stands has told.
    private final Map<Alarm, Told> told = new EnumMap<>(Alarm.class);

    /// What upstream refuses in traffic while nothing better is known.
    private @Nullable InTraffic refused;

    private Instant lastRefused = Instant.MIN;
    private Instant lastRecovered = Instant.MIN;

    StandingAlarms(
            Wanted wanted,
            Verifier verifier,
            ColdStart coldStart,
            Revisions revisions,
            InstantSource clock) {
        this.wanted = wanted;
        this.verifier = verifier;
        this.coldStart = coldStart;
        this.revisions = revisions;
        this.clock = clock;
    }

    /// Upstream answered a request on the active revision with 401.
    void activeRefused() {
        lastRefused = clock.instant();
    }

    /// Upstream answers requests again.
    void trafficRecovered() {
        lastRecovered = clock.instant();
    }

    /// Upstream refuses the active revision, and no other could be found.
    ///
    /// @param model for this model
    /// @param fault whose fault it is
    void nothingBetterThan(Revision active, String model, Evidence.Finding fault) {
        var known = refused;
        if (known == null
                || !known.content.equals(active.contentId())
                || !known.fault.getClass().equals(fault.getClass())) {
            refused = new InTraffic(active.contentId(), model, fault);
        }
    }

    /// @return each alarm that stands, with a sentence for people, which another cause makes
    ///   another one; never holds the key
    Map<Alarm, String> now() {
        var alarms = new EnumMap<Alarm, String>(Alarm.class);
        var state = revisions.state();
        switch (state) {
            case Starting _ -> {
                if (coldStart.isAllRefused()) {
                    put(alarms, Alarm.ALL_REFUSED, coldStart.known());
                }
                troubles(coldStart.known(), alarms);
            }
            case Unproven(var active) -> {
                if (verifier.of(active).isRefused()) {
                    put(alarms, Alarm.UNPROVEN_REJECTED, Stream.of(active));
                }
                troubles(coldStart.known(), alarms);
            }
            case Verifying(_, var candidate) -> troubles(Stream.of(candidate), alarms);
            case Settled _, Canary _, Probation _ -> {}
        }
        separation(state, alarms);
        refusal(state.activeOrNull(), alarms);
        pin(alarms);
        told.keySet().retainAll(alarms.keySet());
        return alarms;
    }

    /// @return why the version that the source asks for will not carry requests, if so
    Optional<Rejection> rejection() {
        return wanted.unusable()
                .map(unusable ->
                        new Rejection(unusable.rejected().reason(), unusable.rejected().sentence()))
                .or(() -> wanted.revision().map(revision -> verifier.of(revision).rejected()));
    }

    /// Upstream's own troubles, each with the newest version that meets it.
    private void troubles(Stream<Revision> tried, Map<Alarm, String> alarms) {
        tried.forEach(revision -> {
            var alarm = alarm(verifier.of(revision).last());
            if (alarm != null && !alarms.containsKey(alarm)) {
                put(alarms, alarm, Stream.of(revision));
            }
        });
    }

    private static @Nullable Alarm alarm(@Nullable Verdict last) {
        return switch (last) {
            case Verdict.RefusedForNow(var cause, _) ->
                    switch (cause) {
                        case KEY -> null;
                        case AUTH -> Alarm.UPSTREAM_AUTH_TROUBLE;
                        case QUOTA -> Alarm.UPSTREAM_QUOTA_EXHAUSTED;
                        case MODEL -> Alarm.MODEL_UNAVAILABLE;
                    };
            case Verdict.QuotaSpent _ -> Alarm.UPSTREAM_QUOTA_EXHAUSTED;
            case Verdict.ModelUnavailable _ -> Alarm.MODEL_UNAVAILABLE;
            case Verdict.Good(), Verdict.Refused _, Verdict.Undecided _ -> null;
            case null -> null;
        };
    }

    /// With upstream's words of the first time, for they may be others each time.
    private void put(Map<Alarm, String> alarms, Alarm alarm, Stream<Revision> versions) {
        var concerned = versions.toList();
        var subject = concerned.stream().map(r -> r.number() + " " + r.contentId()).toList();
        var before = told.get(alarm);
        if (before == null || !before.subject.equals(subject)) {
            before =
                    new Told(
                            subject,
                            concerned.stream()
                                    .map(this::sentence)
                                    .collect(Collectors.joining("; ")));
            told.put(alarm, before);
        }
        alarms.put(alarm, before.sentence);
    }

    private String sentence(Revision revision) {
        var rejected = verifier.of(revision).rejected();
        var last = verifier.of(revision).last();
        var words = rejected != null ? rejected.sentence() : last == null ? "" : last.words();
        return "version %d for %s: %s"
                .formatted(revision.number(), revision.settings().defaultModel(), words);
    }

    private void separation(Rollout state, Map<Alarm, String> alarms) {
        var active = Optional.ofNullable(state.activeOrNull()).flatMap(verifier::doubt);
        var candidate = Optional.ofNullable(state.candidateOrNull()).flatMap(verifier::doubt);
        if (active.isPresent() && active.get() instanceof SharedWith(var environment)) {
            alarms.put(Alarm.KEY_SHARED, "key_shared_with_" + environment);
        }
        Stream.of(candidate, active)
                .flatMap(Optional::stream)
                .filter(Unchecked.class::isInstance)
                .map(Unchecked.class::cast)
                .findFirst()
                .ifPresent(unchecked -> alarms.put(Alarm.SEPARATION_UNCHECKED, unchecked.detail()));
    }

    /// An answer that began before the key died can come after the first that were refused.
    private void refusal(@Nullable Revision active, Map<Alarm, String> alarms) {
        var answered =
                !lastRecovered.isBefore(lastRefused)
                        && !clock.instant().isBefore(lastRefused.plus(CanaryLife.REFUSED_LATELY));
        if (active == null
                || answered
                || refused == null
                || !active.contentId().equals(refused.content)) {
            refused = null;
            return;
        }
        var answer =
                "upstream answers 401 to the key of version %d for %s; "
                        .formatted(active.number(), refused.model);
        switch (refused.fault) {
            case Evidence.Key(var sentence, _) ->
                    alarms.put(
                            Alarm.ACTIVE_REFUSED,
                            answer + sentence + "; and nothing better is known");
            case Evidence.Upstream(_, var sentence) ->
                    alarms.putIfAbsent(Alarm.UPSTREAM_AUTH_TROUBLE, answer + sentence);
        }
    }

    private void pin(Map<Alarm, String> alarms) {
        if (wanted.astray().isPresent()) {
            alarms.put(Alarm.PIN_TO_NOWHERE, wanted.astray().get());
            return;
        }
        wanted.unusable()
                .filter(Unusable::pinned)
                .ifPresent(unusable ->
                        alarms.put(
                                Alarm.PIN_REFUSED,
                                "pinned version "
                                        + unusable.number()
                                        + " was rejected: "
                                        + unusable.rejected().sentence()));
        wanted.revision()
                .filter(wanted::isPinned)
                .filter(revision -> verifier.of(revision).isRefused())
                .ifPresent(
                        revision -> alarms.put(Alarm.PIN_REFUSED, "pinned " + sentence(revision)));
    }

    /// What an alarm has told.
    ///
    /// @param subject what it is about
    /// @param sentence what was said of it
    private record Told(List<String> subject, String sentence) {}

    /// What traffic meets.
    private record InTraffic(Settings.ContentId content, String model, Evidence.Finding fault) {}
}
