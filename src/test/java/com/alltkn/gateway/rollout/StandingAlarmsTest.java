package com.alltkn.gateway.rollout;

import static com.alltkn.gateway.rollout.Alarm.ACTIVE_REFUSED;
import static com.alltkn.gateway.rollout.Alarm.ALL_REFUSED;
import static com.alltkn.gateway.rollout.Alarm.KEY_SHARED;
import static com.alltkn.gateway.rollout.Alarm.PIN_REFUSED;
import static com.alltkn.gateway.rollout.Alarm.PIN_TO_NOWHERE;
import static com.alltkn.gateway.rollout.Alarm.SEPARATION_UNCHECKED;
import static com.alltkn.gateway.rollout.Alarm.UNPROVEN_REJECTED;
import static com.alltkn.gateway.rollout.Alarm.UPSTREAM_QUOTA_EXHAUSTED;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// When each alarm begins and what ends it, under a clock that tests move.
class StandingAlarmsTest {

    private static final String RUN = UUID.randomUUID().toString();
    private static final String OLD = "test-key-old-" + RUN;
    private static final String NEW = "test-key-new-" + RUN;
    private static final String OTHER = "test-key-other-" + RUN;
    private static final Separation UNREADABLE = new Separation.Unchecked("unreadable");
    private static final Separation SHARED = new Separation.SharedWith("staging");
    private static final Duration ONE_POLL = Duration.ofSeconds(36);
    private static final Duration REFRESH = Duration.ofSeconds(3);
    private static final Duration COMPARISON = Duration.ofMinutes(10).plus(ONE_POLL);
    private static final Duration HOUR = Duration.ofHours(1);

    private final RolloutSimulation world = new RolloutSimulation();

    @Test
    void noneStandsWhileAllIsWell() {
        serve(OLD);
        world.write(NEW);

        world.runFor(HOUR);

        assertThat(world.active()).isEqualTo(NEW);
        stands();
        assertThat(world.revisions.view().rejection().map(Rejection::reason)).isEmpty();
        assertThat(world.revisions.view().source().failure()).isEmpty();
    }

    @Nested
    class APin {

        @Test
        void toNowhereStandsUntilItIsRemoved() {
            serve(OLD);
            world.pin("99");
            world.runFor(ONE_POLL);
            stands(PIN_TO_NOWHERE);
            world.down(SourceFailure.SEALED);
            world.runFor(HOUR);
            stands(PIN_TO_NOWHERE);
            world.up();
            world.unpin();

            world.runFor(ONE_POLL);

            stands();
        }

        @Test
        void thatIsRefusedStandsUntilItIsRemoved() {
            pinRefused();
            world.runFor(HOUR);
            stands(PIN_REFUSED);
            assertThat(world.events).containsOnlyOnce("alarm pin_refused");
            world.unpin();
            world.write(OLD);

            world.runFor(ONE_POLL);

            stands();
        }

        @Test
        void thatIsRefusedAtFirstStandsUntilItIsFollowed() {
            pinRefused();
            world.upstream(NEW, RolloutSimulation.GOOD);

            world.runFor(Duration.ofMinutes(1));

            assertThat(world.active()).isEqualTo(NEW);
            stands();
        }

        @Test
        void thatIsRefusedGivesWayToOneThatLeadsNowhereAndComesBack() {
            pinRefused();
            world.pin("99");
            world.runFor(ONE_POLL);
            stands(PIN_TO_NOWHERE);
            world.pin("2");

            world.runFor(ONE_POLL);

            stands(PIN_REFUSED);
        }

        @Test
        void onWhatDoesNotParseStandsUntilItIsMoved() {
            world.write("changeme");
            serve(OLD);
            world.pin("1");
            world.runFor(HOUR);
            stands(PIN_REFUSED);
            assertThat(world.revisions.view().rejection().map(Rejection::reason))
                    .contains(RejectionReason.KEY_PLACEHOLDER);
            world.pin("2");

            world.runFor(ONE_POLL);

            stands();
            assertThat(world.revisions.view().rejection().map(Rejection::reason)).isEmpty();
        }

        @Test
        void onAKeyOfAnotherEnvironmentIsRefused() {
            serve(OLD);
            world.registry(NEW, SHARED);
            world.write(NEW);
            world.pin("2");

            world.runFor(HOUR);

            stands(PIN_REFUSED);
        }

        private void pinRefused() {
            serve(OLD);
            world.upstream(NEW, RolloutSimulation.REFUSED);
            world.write(NEW);
            world.pin("2");
            world.runFor(ONE_POLL);
            stands(PIN_REFUSED);
        }
    }

    @Nested
    class AnAccountWithoutQuota {

        @Test
        void standsUntilThereIsSome() {
            serve(OLD);
            world.upstream(NEW, RolloutSimulation.QUOTA);
            world.write(NEW);
            world.runFor(Duration.ofMinutes(15));
            stands(UPSTREAM_QUOTA_EXHAUSTED);
            world.upstream(NEW, RolloutSimulation.GOOD);

            world.runFor(Duration.ofMinutes(3));

            assertThat(world.active()).isEqualTo(NEW);
            stands();
        }

        @Test
        void standsUntilTheVersionIsNoLongerWanted() {
            serve(OLD);
            world.upstream(NEW, RolloutSimulation.QUOTA);
            world.write(NEW);
            world.runFor(ONE_POLL);
            stands(UPSTREAM_QUOTA_EXHAUSTED);
            world.write(OLD);

            world.runFor(ONE_POLL);

            stands();
        }

        @Test
        void standsWhileAPodServesUnprovenForIt() {
            world.upstream(OLD, RolloutSimulation.QUOTA);
            world.write(OLD);
            world.runFor(Duration.ofMinutes(20));
            stands(UPSTREAM_QUOTA_EXHAUSTED);
            world.upstream(OLD, RolloutSimulation.GOOD);

            world.runFor(Duration.ofMinutes(3));

            stands();
        }
    }

    @Nested
    class AStart {

        @Test
        void withRefusedKeysAloneStandsUntilOneServes() {
            world.write(OLD);
            world.write(NEW);
            world.upstream(OLD, RolloutSimulation.REFUSED);
            world.upstream(NEW, RolloutSimulation.REFUSED);
            world.runFor(HOUR);
            stands(ALL_REFUSED);
            world.write(OTHER);

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(OTHER);
            stands();
        }

        @Test
        void withWhatWasRejectedStandsUntilAnotherServes() {
            world.write(OLD);
            world.upstreamFails(RolloutSimulation.FAILED);
            world.settle();
            stands();
            world.upstreamHealed();
            world.upstream(OLD, RolloutSimulation.REFUSED);
            world.runFor(HOUR);
            stands(UNPROVEN_REJECTED);
            world.write(OTHER);

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(OTHER);
            stands();
        }
    }

    @Nested
    class AKeyThatCannotBeCompared {

        @Test
        void standsUntilTheRegistryCanBeRead() {
            world.registry(UNREADABLE);
            serve(OLD);
            stands(SEPARATION_UNCHECKED);
            world.registry(new Separation.Own());

            world.runFor(COMPARISON);

            stands();
        }

        @Test
        void standsUntilTheNewOneIsWanted() {
            serve(OLD);
            world.registry(UNREADABLE);
            world.write(NEW);
            world.runFor(HOUR);
            stands(SEPARATION_UNCHECKED);
            assertThat(world.events).containsOnlyOnce("alarm separation_unchecked");
            world.write(OLD);

            world.runFor(ONE_POLL);

            stands();
        }

        @Test
        void standsForTheActiveOneThoughAnotherCameAndWent() {
            world.registry(UNREADABLE);
            serve(OLD);
            world.write(NEW);
            world.runFor(ONE_POLL);
            world.write(OLD);
            world.runFor(HOUR);
            stands(SEPARATION_UNCHECKED);
            world.registry(SHARED);

            world.runFor(COMPARISON);

            stands(KEY_SHARED);
        }
    }

    @Nested
    class AKeyOfAnotherEnvironment {

        @Test
        void standsUntilOneOfItsOwnTakesOver() {
            carryShared();
            world.registry(OLD, UNREADABLE);
            world.runFor(HOUR);
            stands(KEY_SHARED);
            assertThat(world.events).containsOnlyOnce("alarm key_shared");
            world.write(NEW);

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
            stands();
        }

        @Test
        void standsUntilTheOtherGivesItUp() {
            carryShared();
            world.registry(OLD, new Separation.Own());

            world.runFor(COMPARISON);

            stands();
        }

        private void carryShared() {
            world.registry(OLD, UNREADABLE);
            serve(OLD);
            world.registry(OLD, SHARED);
            world.runFor(COMPARISON);
            stands(KEY_SHARED);
        }
    }

    @Nested
    class AnActiveKeyThatIsRefused {

        @Test
        void standsUntilAnotherTakesOver() {
            meetRefusals();
            world.runFor(HOUR);
            stands(ACTIVE_REFUSED);
            assertThat(world.events).containsOnlyOnce("alarm active_refused");
            world.write(NEW);

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
            stands();
        }

        @Test
        void standsUntilRequestsAreAnsweredAndNoneHasBeenRefusedForAMinute() {
            meetRefusals();
            world.revisions.trafficRecovered();
            world.runFor(Duration.ofSeconds(50));
            stands(ACTIVE_REFUSED);

            world.runFor(ONE_POLL);

            stands();
        }

        @Test
        void standsOnWhenARequestOfBeforeIsAnsweredAndOthersAreRefused() {
            meetRefusals();
            world.revisions.trafficRecovered();
            world.runFor(Duration.ofSeconds(30));
            world.revisions.refused(world.revisions.active().orElseThrow(), null);

            world.runFor(HOUR);

            stands(ACTIVE_REFUSED);
        }

        @Test
        void standsAgainWhenItIsRefusedAgain() {
            meetRefusals();
            world.revisions.trafficRecovered();
            world.runFor(HOUR);
            world.revisions.refused(world.revisions.active().orElseThrow(), null);

            world.runFor(REFRESH);

            stands(ACTIVE_REFUSED);
        }

        private void meetRefusals() {
            serve(OLD);
            world.upstream(OLD, RolloutSimulation.REFUSED);
            world.revisions.refused(world.revisions.active().orElseThrow(), null);
            world.runFor(REFRESH);
            stands(ACTIVE_REFUSED);
        }
    }

    @Nested
    class ARejection {

        @Test
        void standsUntilAnotherVersionIsWritten() {
            serve(OLD);
            world.upstream(NEW, RolloutSimulation.REFUSED);
            world.write(NEW);
            world.runFor(HOUR.multipliedBy(24));
            assertThat(world.revisions.view().rejection().map(Rejection::reason))
                    .contains(RejectionReason.KEY_REFUSED);
            world.write(OTHER);

            world.runFor(ONE_POLL);

            assertThat(world.revisions.view().rejection().map(Rejection::reason)).isEmpty();
        }

        @Test
        void ofWhatDoesNotParseStandsUntilTheContentBeforeIsWrittenAgain() {
            serve(OLD);
            world.write("changeme");
            world.runFor(HOUR);
            assertThat(world.revisions.view().rejection().map(Rejection::reason))
                    .contains(RejectionReason.KEY_PLACEHOLDER);
            world.write(OLD);

            world.runFor(ONE_POLL);

            assertThat(world.revisions.view().rejection().map(Rejection::reason)).isEmpty();
        }

        @Test
        void ofARollBackStandsUntilAnotherVersionIsWritten() {
            serve(OLD);
            world.write(NEW);
            world.runFor(ONE_POLL);
            world.upstream(NEW, RolloutSimulation.REFUSED);
            world.revisions.refused(world.revisions.active().orElseThrow(), null);
            world.runFor(HOUR);
            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.revisions.view().rejection().map(Rejection::reason))
                    .contains(RejectionReason.ROLLED_BACK);
            world.write(OTHER);

            world.runFor(ONE_POLL);

            assertThat(world.revisions.view().rejection().map(Rejection::reason)).isEmpty();
        }

        @Test
        void endsWhenAPinHasItVerifiedOnceMoreAndItIsGood() {
            serve(OLD);
            world.upstream(NEW, RolloutSimulation.REFUSED);
            world.write(NEW);
            world.runFor(HOUR);
            world.upstream(NEW, RolloutSimulation.GOOD);
            world.events.clear();
            world.pin("2");

            world.runFor(ONE_POLL);

            assertThat(world.revisions.view().rejection().map(Rejection::reason)).isEmpty();
            assertThat(world.events)
                    .containsExactly("verifying 2", "promoted 2 proven", "probation", "settled");
        }
    }

    @Test
    void aSilentSourceStandsUntilItAnswers() {
        serve(OLD);
        world.deleteCurrent();
        world.runFor(HOUR);
        assertThat(world.revisions.view().source().failure()).contains(SourceFailure.DELETED);
        world.write(OLD);

        world.runFor(ONE_POLL);

        assertThat(world.revisions.view().source().failure()).isEmpty();
    }

    private void stands(Alarm... alarms) {
        assertThat(world.revisions.view().alarms().keySet()).containsExactlyInAnyOrder(alarms);
    }

    /// Lets a key be written, proven and settled, and forgets what happened until then.
    private void serve(String key) {
        world.write(key);
        world.runFor(HOUR);
        assertThat(world.active()).isEqualTo(key);
        world.events.clear();
    }
}
