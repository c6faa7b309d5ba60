package com.alltkn.gateway.rollout;

import static com.alltkn.gateway.rollout.RolloutSimulation.HOUR;
import static com.alltkn.gateway.rollout.RolloutSimulation.NEW;
import static com.alltkn.gateway.rollout.RolloutSimulation.OLD;
import static com.alltkn.gateway.rollout.RolloutSimulation.ONE_POLL;
import static com.alltkn.gateway.rollout.RolloutSimulation.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A revision's life, from the first read to the next, under a clock that tests move.
class RevisionLifeTest {

    private final RolloutSimulation world = new RolloutSimulation();

    @Nested
    class ANewVersion {

        @Test
        void isProvenThenServesOnProbationThenIsSettled() {
            world.serve(OLD);
            world.write(NEW);

            world.runFor(ONE_POLL.plus(RolloutSimulation.PROBATION).plusSeconds(1));

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.prompts(NEW)).isEqualTo(1);
            assertThat(world.events)
                    .containsExactly("verifying 2", "promoted 2 proven", "probation", "settled");
        }

        @Test
        void withTheActiveContentOnlyRenumbersWithoutAPrompt() {
            world.serve(OLD);
            world.write(OLD);

            world.runFor(HOUR);

            assertThat(world.number()).isEqualTo(2);
            assertThat(world.prompts()).isZero();
            assertThat(world.events).containsExactly("renumbered 2 before 1");
        }

        @Test
        void isRejectedAfterThreeRefusalsAndNeverAskedAboutAgain() {
            writeRefused();

            world.runFor(HOUR.multipliedBy(5));

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(waits(NEW))
                    .startsWith(Duration.ofMinutes(1), Duration.ofMinutes(9), Duration.ZERO)
                    .hasSize(2 + Evidence.AGAIN);
            assertThat(world.events)
                    .containsExactly("verifying 2", "rejected 2 key_refused", "settled");
        }

        @Test
        void isPromotedWhenItsKeyBecomesValidWithinTenMinutes() {
            writeRefused();
            world.runFor(Duration.ofMinutes(5));
            world.upstream(NEW, RolloutSimulation.GOOD);

            world.runFor(Duration.ofMinutes(6));

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.prompts(NEW)).isEqualTo(3);
        }

        @Test
        void isPromotedWithinThirtySecondsAfterUpstreamHeals() throws Exception {
            world.serve(OLD);
            world.upstreamFails(RolloutSimulation.FAILED);
            world.write(NEW);
            world.runFor(HOUR);
            world.upstreamHealed();

            var time = world.runUntil(() -> world.active().equals(NEW));

            assertThat(time).isLessThanOrEqualTo(Duration.ofSeconds(25));
            assertThat(world.events).doesNotContain("rejected 2 key_refused");
        }

        @Test
        void isAskedAboutSoonerWhenTrafficRecovers() throws Exception {
            world.serve(OLD);
            world.upstreamFails(RolloutSimulation.FAILED);
            world.write(NEW);
            world.runUntil(() -> world.prompts(NEW) == 1);
            world.upstreamHealed();
            world.revisions.trafficRecovered();

            var time = world.runUntil(() -> world.active().equals(NEW));

            assertThat(time).isLessThanOrEqualTo(Verification.RECOVERY_SPREAD);
        }

        @Test
        void waitsForItsFullMinuteAfterARefusalWhateverTrafficDoes() throws Exception {
            writeRefused();
            world.runUntil(() -> world.prompts(NEW) == 1);

            for (var i = 0; i < 50; i++) {
                world.revisions.trafficRecovered();
                world.runFor(Duration.ofSeconds(1));
            }

            assertThat(world.prompts(NEW)).isEqualTo(1);
        }

        @Test
        void whoseAccountHasNoQuotaRaisesOneAlarmAndIsTriedAgain() {
            world.serve(OLD);
            world.upstream(NEW, RolloutSimulation.QUOTA);
            world.write(NEW);
            world.runFor(Duration.ofMinutes(15));
            world.upstream(NEW, RolloutSimulation.GOOD);

            world.runFor(Duration.ofSeconds(144));

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.events).containsOnlyOnce("alarm upstream_quota_exhausted");
        }

        @Test
        void thatGetsNoUsableAnswerWaitsForOneWithinTheBudget() {
            world.serve(OLD);
            world.upstream(NEW, RolloutSimulation.NO_ANSWER);
            world.write(NEW);

            world.runFor(HOUR);

            assertThat(world.prompts(NEW)).isBetween(25, PromptBudget.MOST);
            assertThat(world.events).containsExactly("verifying 2");
        }

        @Test
        void takesThePlaceOfACandidateThatIsNotProvenYet() {
            writeRefused();
            world.runFor(ONE_POLL);
            world.write(OTHER);

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(OTHER);
            assertThat(world.prompts(NEW)).isEqualTo(1);
        }

        @Test
        void waitsUntilTheProbationIsOver() {
            promote();
            world.write(OTHER);
            world.runFor(Duration.ofMinutes(9));
            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.prompts(OTHER)).isZero();

            world.runFor(Duration.ofMinutes(2));

            assertThat(world.active()).isEqualTo(OTHER);
        }

        @Test
        void withTheContentBeforeIsFollowedDuringTheProbation() {
            promote();
            world.write(OLD);

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.number()).isEqualTo(3);
            assertThat(world.prompts(OLD)).isEqualTo(1);
        }

        @Test
        void withRejectedContentIsAskedAboutAtOnceAndOnce() {
            writeRefused();
            world.runFor(HOUR);
            world.events.clear();

            world.write(NEW);
            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts(NEW)).isEqualTo(12);
            assertThat(world.events)
                    .containsExactly("verifying 3", "rejected 3 key_refused", "settled");
        }

        @Test
        void withRejectedContentIsTakenIfItsKeyIsGoodByNow() {
            writeRefused();
            world.runFor(HOUR);
            world.upstream(NEW, RolloutSimulation.GOOD);

            world.write(NEW);
            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.prompts(NEW)).isEqualTo(8);
        }

        @Test
        void countsFromOneAgainAfterTheMetadataWereDeleted() {
            world.write(OTHER);
            world.serve(OLD);
            world.deleteMetadata();
            world.write(NEW);

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.number()).isEqualTo(1);
        }
    }

    @Nested
    class AColdStart {

        @Test
        void asksOncePerStart() {
            world.write(OTHER);
            world.write(NEW);

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.prompts()).isEqualTo(1);
            assertThat(world.events).containsExactly("promoted 2 proven", "settled");
        }

        @Test
        void walksBackAtOnceToTheNewestThatIsGood() {
            world.write(OTHER);
            world.write(OLD);
            world.write("changeme");
            world.write(NEW);
            world.upstream(NEW, RolloutSimulation.REFUSED);

            world.settle();

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts()).isEqualTo(2);
            assertThat(world.revisions.view().stage()).isNotEqualTo(Stage.UNPROVEN);
        }

        @Test
        void triesTheRefusedNewestAgainWhileAnOlderOneServes() {
            world.write(OLD);
            world.write(NEW);
            world.upstream(NEW, RolloutSimulation.REFUSED);
            world.settle();
            world.upstream(NEW, RolloutSimulation.GOOD);

            world.runFor(Duration.ofSeconds(61));

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void walksBackWhenTheNewestDoesNotParse() {
            world.write(OLD);
            world.write("changeme");

            world.settle();

            assertThat(world.active()).isEqualTo(OLD);
        }

        @Test
        void walksBackWhenTheNewestWasDeleted() {
            world.write(OLD);
            world.write(NEW);
            world.deleteCurrent();

            world.settle();

            assertThat(world.active()).isEqualTo(OLD);
        }

        @Test
        void servesTheNewestUnprovenWhileUpstreamIsDownAndProvesItLater() {
            world.write(OLD);
            world.write(NEW);
            world.upstreamFails(RolloutSimulation.FAILED);
            world.settle();
            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.UNPROVEN);
            world.runFor(HOUR);
            world.upstreamHealed();

            world.runFor(Duration.ofSeconds(25));

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.revisions.view().stage()).isNotEqualTo(Stage.UNPROVEN);
            assertThat(world.events)
                    .containsExactly("promoted 2 unproven", "unproven", "proven 2", "settled");
        }

        @Test
        void leavesAnUnprovenRevisionThatTurnsOutRefusedForAnOlderGoodOne() {
            world.write(OLD);
            world.write(NEW);
            world.upstreamFails(RolloutSimulation.FAILED);
            world.settle();
            world.upstreamHealed();
            world.upstream(NEW, RolloutSimulation.REFUSED);

            world.runFor(Duration.ofSeconds(26));

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.revisions.view().stage()).isNotEqualTo(Stage.UNPROVEN);
        }

        @Test
        void prefersAnOlderGoodOneToTheNewestThatSaysNothing() {
            world.write(OLD);
            world.write(NEW);
            world.upstream(NEW, RolloutSimulation.FAILED);

            world.settle();

            assertThat(world.active()).isEqualTo(OLD);
        }

        @Test
        void hasNoRevisionWhileEveryKeyIsRefusedAndSaysSoOnce() {
            world.write(OLD);
            world.write(NEW);
            world.upstream(OLD, RolloutSimulation.REFUSED);
            world.upstream(NEW, RolloutSimulation.REFUSED);

            world.runFor(HOUR);

            assertThat(world.revisions.active()).isEmpty();
            assertThat(world.mostWithinAnHour()).isLessThanOrEqualTo(PromptBudget.MOST);
            assertThat(world.events).containsExactly("alarm all_refused");
        }

        @Test
        void goesOnServingWhatIsRefusedWhenThereIsNothingElse() {
            world.write(NEW);
            world.upstreamFails(RolloutSimulation.FAILED);
            world.settle();
            world.upstreamHealed();
            world.upstream(NEW, RolloutSimulation.REFUSED);

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.mostWithinAnHour()).isLessThanOrEqualTo(PromptBudget.MOST);
            assertThat(world.events).containsOnlyOnce("alarm unproven_rejected");
        }
    }

    @Nested
    class APin {

        @Test
        void isFollowedWithinOnePollAndSoIsItsRemoval() {
            world.write(OLD);
            world.serve(NEW);
            world.pin("1");
            world.runFor(ONE_POLL);
            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.number()).isEqualTo(1);

            world.unpin();
            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.prompts()).isEqualTo(2);
        }

        @Test
        void holdsAgainstNewVersions() {
            world.write(OLD);
            world.serve(NEW);
            world.pin("1");
            world.runFor(ONE_POLL);
            world.write(OTHER);

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts(OTHER)).isZero();
        }

        @ParameterizedTest
        @ValueSource(strings = {"99", "-1", "0", "abc"})
        void toNowhereChangesNothingAndRaisesOneAlarm(String pin) {
            world.serve(OLD);
            world.pin(pin);
            world.write(NEW);

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.events).containsExactly("alarm pin_to_nowhere");
        }

        @Test
        void toADeletedVersionChangesNothing() {
            world.write(OLD);
            world.serve(NEW);
            world.deleteCurrent();
            world.pin("2");

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.events).containsExactly("alarm pin_to_nowhere");
        }

        @Test
        void toNowhereDoesNotKeepAPodFromStarting() {
            world.write(OLD);
            world.write(NEW);
            world.pin("99");

            world.settle();

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void onRejectedContentHasItVerifiedOnceMore() {
            writeRefused();
            world.runFor(HOUR);
            world.upstream(NEW, RolloutSimulation.GOOD);
            world.pin("2");

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void thatIsRefusedLeavesTheActiveOneWithAnAlarm() {
            writeRefused();
            world.runFor(HOUR);
            world.events.clear();
            world.pin("2");

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts(NEW)).isEqualTo(12);
            assertThat(world.events)
                    .containsExactly(
                            "verifying 2",
                            "rejected 2 key_refused",
                            "settled",
                            "alarm pin_refused");
        }

        @Test
        void thatDoesNotParseLeavesTheActiveOneWithAnAlarm() {
            world.write("changeme");
            world.serve(OLD);
            world.pin("1");

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.events).containsOnlyOnce("alarm pin_refused");
        }

        @Test
        void interruptsAVerification() {
            world.write(OTHER);
            writeRefused();
            world.runFor(ONE_POLL);
            world.pin("1");

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(OTHER);
        }

        @Test
        void interruptsAProbationAndHasNoneItself() {
            world.write(OTHER);
            promote();
            world.pin("1");

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(OTHER);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.SETTLED);
        }

        @Test
        void onTheActiveContentEndsItsProbation() {
            promote();
            world.pin("2");

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.SETTLED);
        }
    }

    @Nested
    class AKeyOfAnotherEnvironment {

        @Test
        void isRejectedBeforeAnythingIsSent() {
            world.serve(OLD);
            world.registry(NEW, new Separation.SharedWith("staging"));
            world.write(NEW);

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts(NEW)).isZero();
            assertThat(world.events).contains("rejected 2 key_shared");
        }

        @Test
        void isWalkedBackFromAtStart() {
            world.write(OLD);
            world.write(NEW);
            world.registry(NEW, new Separation.SharedWith("staging"));

            world.settle();

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts(NEW)).isZero();
        }

        @Test
        void goesOnWithAnAlarmWhereItCarriesRequestsAlready() {
            world.registry(OLD, new Separation.Unchecked("unreadable"));
            world.serve(OLD);
            world.registry(OLD, new Separation.SharedWith("staging"));

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.events).containsExactly("alarm key_shared");
        }

        @Test
        void cannotBeToldWhileTheRegistryIsUnreadableSoANewKeyWaits() {
            world.serve(OLD);
            world.registry(new Separation.Unchecked("unreadable"));
            world.write(NEW);
            world.runFor(HOUR);
            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts(NEW)).isZero();
            world.registry(new Separation.Own());

            world.runFor(Duration.ofSeconds(26));

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.events).containsOnlyOnce("alarm separation_unchecked");
        }

        @Test
        void cannotBeToldAtStartWhichGoesOnAllTheSame() {
            world.registry(new Separation.Unchecked("unreadable"));
            world.write(NEW);

            world.settle();

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.events).contains("alarm separation_unchecked");
        }
    }

    @Test
    void changesKeyAndSettingsTogether() {
        world.serve(OLD);
        world.write(
                Map.of(
                        "ALLTKN_API_KEY",
                        NEW,
                        "ALLTKN_BASE_URL",
                        "https://api.alltkn.com/other",
                        "AI_REQUEST_TIMEOUT_MS",
                        1000));

        world.runFor(ONE_POLL);

        var settings = world.revisions.active().orElseThrow().settings();
        assertThat(settings.apiKey().reveal()).isEqualTo(NEW);
        assertThat(settings.baseUrl()).hasPath("/other");
        assertThat(settings.requestTimeout()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void keepsTheRevisionThroughADayWithoutTheSource() {
        world.serve(OLD);
        for (var reason : SourceFailure.values()) {
            world.down(reason);
            world.runFor(HOUR.multipliedBy(2));
        }

        assertThat(world.active()).isEqualTo(OLD);
        assertThat(world.events).isEmpty();
    }

    /// A new key that upstream refuses is written beside the old one, which serves.
    private void writeRefused() {
        world.serve(OLD);
        world.upstream(NEW, RolloutSimulation.REFUSED);
        world.write(NEW);
    }

    /// The new key is on probation after the old one.
    private void promote() {
        world.serve(OLD);
        world.write(NEW);
        world.runFor(ONE_POLL);
    }

    private List<Duration> waits(String key) {
        List<Instant> times = world.prompts.getOrDefault(key, List.of());
        return IntStream.range(1, times.size())
                .mapToObj(i -> Duration.between(times.get(i - 1), times.get(i)))
                .toList();
    }
}
