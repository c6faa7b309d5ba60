package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Rollout.Canary;
import com.alltkn.gateway.rollout.Rollout.Probation;
import com.alltkn.gateway.rollout.Rollout.Settled;
import com.alltkn.gateway.rollout.Rollout.Starting;
import com.alltkn.gateway.rollout.Rollout.Unproven;
import com.alltkn.gateway.rollout.Rollout.Verifying;
import com.alltkn.gateway.rollout.Separation.SharedWith;
import com.alltkn.gateway.rollout.Separation.Unchecked;
import com.alltkn.gateway.rollout.Verdict.QuotaSpent;
import com.alltkn.gateway.rollout.Wanted.Unusable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
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

    /// The content that upstream refuses in traffic while nothing better is known.
    private Settings.@Nullable ContentId refused;

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
    void nothingBetterThan(Revision active) {
        refused = active.contentId();
    }

    /// @return each alarm that stands, with a sentence for people, which another cause makes
    ///   another one; never holds the key
    Map<Alarm, String> now() {
        var alarms = new EnumMap<Alarm, String>(Alarm.class);
        var state = revisions.state();
        switch (state) {
            case Starting _ -> {
                if (coldStart.isAllRefused()) {
                    alarms.put(Alarm.ALL_REFUSED, "upstream refused the key of every version");
                }
                quota(coldStart.known(), alarms);
            }
            case Unproven(var active) -> {
                if (verifier.of(active).isRejected()) {
                    alarms.put(
                            Alarm.UNPROVEN_REJECTED,
                            "version " + active.number() + " serves although its key is refused");
                }
                quota(coldStart.known(), alarms);
            }
            case Verifying(_, var candidate) -> quota(Stream.of(candidate), alarms);
            case Settled _, Canary _, Probation _ -> {}
        }
        separation(state, alarms);
        refusal(state.activeOrNull(), alarms);
        pin(alarms);
        return alarms;
    }

    /// @return why the version that the source asks for will not carry requests, if so
    Optional<RejectionReason> rejection() {
        return wanted.unusable()
                .map(unusable -> unusable.rejected().reason())
                .or(() -> wanted.revision().map(revision -> verifier.of(revision).rejected()));
    }

    private void quota(Stream<Revision> tried, Map<Alarm, String> alarms) {
        tried.filter(revision -> verifier.of(revision).last() instanceof QuotaSpent)
                .findFirst()
                .ifPresent(revision ->
                        alarms.put(
                                Alarm.QUOTA_SPENT,
                                "the account of version "
                                        + revision.number()
                                        + " has no quota left"));
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
        if (active == null || answered || !active.contentId().equals(refused)) {
            refused = null;
            return;
        }
        alarms.put(
                Alarm.ACTIVE_REFUSED,
                "upstream answered 401 to the key of version "
                        + active.number()
                        + ", and nothing better is known");
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
                .ifPresent(revision ->
                        alarms.put(
                                Alarm.PIN_REFUSED,
                                "pinned version " + revision.number() + " was refused"));
    }
}
