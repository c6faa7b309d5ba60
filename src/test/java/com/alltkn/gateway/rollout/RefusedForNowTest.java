package com.alltkn.gateway.rollout;

import static com.alltkn.gateway.rollout.RolloutSimulation.HOUR;
import static com.alltkn.gateway.rollout.RolloutSimulation.MODEL;
import static com.alltkn.gateway.rollout.RolloutSimulation.NEW;
import static com.alltkn.gateway.rollout.RolloutSimulation.OLD;
import static com.alltkn.gateway.rollout.RolloutSimulation.ONE_POLL;
import static com.alltkn.gateway.rollout.RolloutSimulation.OTHER;
import static com.alltkn.gateway.rollout.RolloutSimulation.OTHER_MODEL;
import static com.alltkn.gateway.rollout.RolloutSimulation.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// An upstream that refuses keys for reasons of its own.
class RefusedForNowTest {

    private static final Duration OUTAGE = Duration.ofMinutes(20);
    private static final Duration HEALED = Duration.ofMinutes(3);

    private final RolloutSimulation world = new RolloutSimulation();

    @Nested
    class ACandidate {

        @Test
        void thatIsRefusedLikeTheActiveOneWaitsAndIsTaken() {
            world.serve(OLD);
            world.upstreamFails(REFUSED);
            world.write(NEW);
            world.runFor(Duration.ofMinutes(15));
            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.events).containsExactly("verifying 2", "alarm upstream_auth_trouble");
            assertThat(sentence(Alarm.UPSTREAM_AUTH_TROUBLE))
                    .contains("version 2", MODEL, "401 invalid_api_key: no", "version 1")
                    .doesNotContain(NEW, OLD);
            world.upstreamHealed();

            world.runFor(HEALED);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.revisions.view().alarms().keySet()).isEmpty();
            assertThat(world.mostWithinAnHour()).isLessThanOrEqualTo(PromptBudget.MOST);
        }

        @Test
        void whoseModelAloneIsRefusedWaitsAndIsTaken() {
            world.serve(OLD);
            world.modelFails("model-x", REFUSED);
            world.write(Map.of("ALLTKN_API_KEY", NEW, "ALLTKN_DEFAULT_MODEL", "model-x"));
            world.runFor(Duration.ofMinutes(15));
            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.events).containsExactly("verifying 2", "alarm upstream_auth_trouble");
            world.upstreamHealed();

            world.runFor(HEALED);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void atAnotherAddressCountsOnlyIfASecondModelIsRefused() {
            world.serve(OLD);
            world.upstream(NEW, REFUSED);
            world.write(
                    Map.of(
                            "ALLTKN_API_KEY",
                            NEW,
                            "ALLTKN_BASE_URL",
                            "https://api.alltkn.com/other",
                            "ALLTKN_FALLBACK_MODELS",
                            OTHER_MODEL));

            world.runFor(HOUR);

            assertThat(world.prompts(OLD)).isZero();
            assertThat(world.prompts(NEW)).isEqualTo(10);
            assertThat(world.events).contains("rejected 2 key_refused");
        }

        @Test
        void atAnotherAddressWithoutASecondModelIsNeverRejected() {
            world.serve(OLD);
            world.offers(MODEL, "text-embedding-3");
            world.modelFails(MODEL, REFUSED);
            world.write(
                    Map.of(
                            "ALLTKN_API_KEY",
                            NEW,
                            "ALLTKN_BASE_URL",
                            "https://api.alltkn.com/other"));

            world.runFor(HOUR);

            assertThat(world.events).containsExactly("verifying 2", "alarm upstream_auth_trouble");
            assertThat(world.lists).isBetween(1, 10);
        }

        @Test
        void withAPageOrAnErrorOfItsAccountNeitherCountsNorServes() {
            for (var answer :
                    List.of(
                            RolloutSimulation.PAGE,
                            RolloutSimulation.QUOTA,
                            RolloutSimulation.NO_MODEL,
                            RolloutSimulation.NO_ANSWER)) {
                var here = new RolloutSimulation();
                here.serve(OLD);
                here.upstream(NEW, answer);
                here.write(NEW);

                here.runFor(HOUR);

                assertThat(here.active()).isEqualTo(OLD);
                assertThat(here.revisions.view().rejection().map(Rejection::reason)).isEmpty();
                assertThat(here.prompts(NEW)).isBetween(25, PromptBudget.MOST);
            }
        }

        @Test
        void isAskedEvery25SecondsForTenMinutesAndThenEveryTwo() {
            world.serve(OLD);
            world.upstream(NEW, RolloutSimulation.PAGE);
            world.write(NEW);

            world.runFor(Duration.ofMinutes(15));

            var waits = waits(NEW);
            assertThat(waits.subList(0, 24)).containsOnly(Duration.ofSeconds(25));
            assertThat(waits.subList(24, waits.size()))
                    .isNotEmpty()
                    .allMatch(wait -> wait.toSeconds() >= 96 && wait.toSeconds() <= 144);
        }

        @Test
        void thatIsWrittenAnewIsAskedAboutAtOnce() {
            world.serve(OLD);
            world.upstream(NEW, RolloutSimulation.PAGE);
            world.write(NEW);
            world.runFor(Duration.ofMinutes(25));
            world.upstreamHealed();
            world.upstream(NEW, RolloutSimulation.GOOD);
            world.write(NEW);

            world.wake();
            world.settle();

            assertThat(world.active()).isEqualTo(NEW);
        }
    }

    @Nested
    class AStart {

        @Test
        void servesNothingUnprovenAndServesSoonAfter() {
            world.write(OLD);
            world.upstreamFails(REFUSED);
            world.runFor(OUTAGE);
            assertThat(world.active()).isEmpty();
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.STARTING);
            world.upstreamHealed();

            world.runFor(HEALED);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.revisions.view().stage()).isNotEqualTo(Stage.UNPROVEN);
            assertThat(world.mostWithinAnHour()).isLessThanOrEqualTo(PromptBudget.MOST);
        }

        @Test
        void whileOneModelIsRefusedSaysSoAndNotThatTheKeyIs() {
            world.write(OLD);
            world.modelFails(MODEL, REFUSED);

            world.runFor(OUTAGE);

            assertThat(world.active()).isEmpty();
            assertThat(world.revisions.view().alarms().keySet())
                    .containsExactly(Alarm.UPSTREAM_AUTH_TROUBLE);
            assertThat(sentence(Alarm.UPSTREAM_AUTH_TROUBLE))
                    .contains("accepted for " + OTHER_MODEL);
        }

        @Test
        void goesOnWithAnOlderVersionAtOnce() {
            world.write(OLD);
            world.upstream(NEW, REFUSED);
            world.write(NEW);

            world.settle();

            assertThat(world.active()).isEqualTo(OLD);
        }

        @Test
        void asksAboutAVersionThatIsWrittenMeanwhileAtOnce() {
            world.write(OLD);
            world.upstreamFails(REFUSED);
            world.runFor(Duration.ofMinutes(30));
            world.write(OTHER);
            world.wake();
            world.settle();
            assertThat(world.prompts(OTHER)).isBetween(1, 2);
            world.upstreamHealed();
            world.write(OTHER);

            world.wake();
            world.settle();

            assertThat(world.active()).isEqualTo(OTHER);
        }

        @Test
        void servesAnOlderVersionSoonAfterWheneverUpstreamHeals() {
            for (var outage = 300; outage <= 900; outage += 5) {
                var here = new RolloutSimulation();
                here.write(OLD);
                here.upstream(NEW, REFUSED);
                here.modelFails(MODEL, REFUSED);
                here.write(NEW);
                here.runFor(Duration.ofSeconds(outage));
                here.upstreamHealed();

                here.runFor(HEALED);

                assertThat(here.active()).as("after %d s", outage).isEqualTo(OLD);
            }
        }

        @Test
        void neverStopsAskingAboutWhatItHas() {
            world.write(OLD);
            world.write(NEW);
            world.upstreamFails(REFUSED);

            for (var i = 0; i < 24; i++) {
                world.prompts.clear();
                world.runFor(HOUR);
                assertThat(world.prompts(OLD)).isPositive();
                assertThat(world.prompts(NEW)).isPositive();
            }
            assertThat(world.mostWithinAnHour()).isLessThanOrEqualTo(PromptBudget.MOST);
        }
    }

    @Nested
    class TheActiveOne {

        @Test
        void whoseCallersMeet401OnOneModelIsNotRefused() {
            world.serve(OLD);
            world.modelFails("model-x", REFUSED);
            for (var i = 0; i < 600; i++) {
                world.revisions.refused(world.activeRevision(), "model-x");
                world.runFor(Duration.ofSeconds(1));
            }

            assertThat(world.revisions.view().alarms().keySet())
                    .containsExactly(Alarm.UPSTREAM_AUTH_TROUBLE);
            assertThat(sentence(Alarm.UPSTREAM_AUTH_TROUBLE)).contains("only model-x is refused");
            assertThat(world.prompts(OLD)).isBetween(1, 8);
        }

        @Test
        void isAskedForTheModelThatWasRefusedThoughSomebodyWaitsMeanwhile() {
            world.serve(OLD);
            world.modelFails("model-x", REFUSED);
            world.revisions.refused(world.activeRevision(), "model-x");
            world.settle();
            var _ = world.revisions.replacement(world.activeRevision());

            world.runFor(Duration.ofSeconds(3));

            assertThat(sentence(Alarm.UPSTREAM_AUTH_TROUBLE)).contains("only model-x is refused");
        }

        @Test
        void neverShowsAModelsNameThatIsNone() {
            world.serve(OLD);
            world.modelFails(MODEL, REFUSED);
            world.revisions.refused(world.activeRevision(), "a\"\r\nname=forged" + "x".repeat(300));

            world.runFor(Duration.ofSeconds(3));

            assertThat(sentence(Alarm.UPSTREAM_AUTH_TROUBLE))
                    .contains("only " + MODEL + " is refused")
                    .doesNotContain("forged");
        }

        @Test
        void onProbationStaysWhileBothAreRefusedForOneModel() {
            world.serve(OLD);
            world.write(NEW);
            world.runFor(ONE_POLL);
            world.modelFails("model-x", REFUSED);
            for (var i = 0; i < 300; i++) {
                world.revisions.refused(world.activeRevision(), "model-x");
                world.runFor(Duration.ofSeconds(1));
            }

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.PROBATION);
            assertThat(world.mostWithinAnHour()).isLessThanOrEqualTo(PromptBudget.MOST);
        }

        @Test
        void onProbationIsLeftForTheModelThatOnlyThePreviousOneIsAcceptedFor() {
            world.serve(OLD);
            world.write(NEW);
            world.runFor(ONE_POLL);
            world.upstream(NEW, REFUSED);
            world.revisions.refused(world.activeRevision(), "model-x");

            world.runFor(Duration.ofSeconds(1));

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.revisions.view().rejection().orElseThrow().sentence())
                    .contains("401 invalid_api_key: no", "accepted for model-x");
        }
    }

    @Nested
    class AStandbyThatLags {

        @Test
        void makesNoPromotionAndNoPrompt() {
            world.serve(OLD);
            world.write(NEW);
            world.runFor(HOUR);
            assertThat(world.active()).isEqualTo(NEW);
            world.forget();
            world.standbyLags(true);

            world.runFor(HOUR.multipliedBy(2));

            assertThat(world.prompts()).isZero();
            assertThat(world.events).isEmpty();
        }

        @Test
        void keepsNoNewVersionBack() {
            world.serve(OLD);
            world.standbyLags(true);
            world.write(NEW);

            world.runFor(ONE_POLL.multipliedBy(2));

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void isToldFromACountThatBeganAnewByASecondReading() {
            world.write(OTHER);
            world.serve(OLD);
            world.deleteMetadata();
            world.write(NEW);
            var reads = world.reads.size();

            world.runFor(ONE_POLL.plusSeconds(2));

            assertThat(world.active()).isEqualTo(NEW);
            var seen = world.reads.subList(reads, world.reads.size());
            assertThat(Duration.between(seen.get(0), seen.get(1)))
                    .isLessThanOrEqualTo(Duration.ofSeconds(2));
        }
    }

    private String sentence(Alarm alarm) {
        return world.revisions.view().alarms().getOrDefault(alarm, "");
    }

    private List<Duration> waits(String key) {
        var times = world.prompts.getOrDefault(key, List.of());
        return IntStream.range(1, times.size())
                .mapToObj(i -> Duration.between(times.get(i - 1), times.get(i)))
                .toList();
    }
}
