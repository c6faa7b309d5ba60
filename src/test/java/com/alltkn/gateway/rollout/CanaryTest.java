package com.alltkn.gateway.rollout;

import static com.alltkn.gateway.rollout.CanaryOutcome.ANSWERED;
import static com.alltkn.gateway.rollout.CanaryOutcome.FAILED;
import static com.alltkn.gateway.rollout.RolloutSimulation.HOUR;
import static com.alltkn.gateway.rollout.RolloutSimulation.NEW;
import static com.alltkn.gateway.rollout.RolloutSimulation.OLD;
import static com.alltkn.gateway.rollout.RolloutSimulation.ONE_POLL;
import static com.alltkn.gateway.rollout.RolloutSimulation.OTHER;
import static com.alltkn.gateway.rollout.RolloutSimulation.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.rollout.CanaryTraffic.Role;
import com.alltkn.gateway.rollout.Rollout.Canary;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/// A candidate that carries a tenth of the exchanges before it takes over.
class CanaryTest {

    private static final Duration ONE_LOOK = Duration.ofSeconds(5);
    private static final int TENTH = 10;
    private static final int CALLERS = 5;

    private final RolloutSimulation world = new RolloutSimulation();

    @Nested
    class IsPromoted {

        @Test
        void whenItsExchangesGoAsWellAsTheOthers() {
            begin();
            candidate(120, ANSWERED);
            active(1080, ANSWERED);

            world.runFor(ONE_LOOK.plus(RolloutSimulation.PROBATION));

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.prompts(NEW)).isEqualTo(1);
            assertThat(world.events)
                    .containsExactly(
                            "verifying 2",
                            "canary 2",
                            "promoted 2 compared",
                            "probation",
                            "settled");
        }

        @Test
        void whenBothMeetTheSameFaults() {
            begin();
            candidate(80, ANSWERED);
            candidate(40, FAILED);
            active(720, ANSWERED);
            active(360, FAILED);

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void whenItIsBetter() {
            begin();
            candidate(120, ANSWERED);
            active(1080, FAILED);

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void whenItsAnswersBeginLaterByNoMoreThanNewConnectionsCost() {
            begin();
            answersBegin(Duration.ofMillis(900), Duration.ofMillis(50));

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void whenOneCallerAloneMeetsFaults() {
            begin();
            candidate(100, ANSWERED);
            active(900, ANSWERED);
            candidateFailsAlone(1000, "a-caller-apart");

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void whenTwoCallersAloneMeetFaults() {
            begin();
            candidate(100, ANSWERED);
            active(900, ANSWERED);
            candidateFailsAlone(1000, "a-caller-apart-0", "a-caller-apart-1");

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void whenAllButOneCallerMeetNothingOutOfTheOrdinary() {
            begin();
            candidate(95, ANSWERED);
            candidate(5, FAILED);
            active(855, ANSWERED);
            active(45, FAILED);
            candidateFailsAlone(1000, "a-caller-apart");

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void afterHalfAnHourWithTooFewExchanges() {
            begin();
            candidate(99, ANSWERED);
            world.runFor(RolloutSimulation.CANARY.minusSeconds(60));
            assertThat(world.active()).isEqualTo(OLD);

            world.runFor(Duration.ofMinutes(1));

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void afterHalfAnHourWithTooFewCallers() {
            begin();
            for (var i = 0; i < 1000; i++) {
                world.exchange(candidate(), "caller-" + i % 2, ANSWERED);
            }
            world.runFor(RolloutSimulation.CANARY.minusSeconds(60));
            assertThat(world.active()).isEqualTo(OLD);

            world.runFor(Duration.ofMinutes(1));

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void byTheExchangesOfTheOnlyCallerThatTheGatewayKnows() {
            world.callers = 1;
            begin();
            for (var i = 0; i < 100; i++) {
                world.exchange(candidate(), "caller-0", ANSWERED);
            }

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void atOnceWhenTheActiveKeyIsRefused() {
            begin();
            world.upstream(OLD, RolloutSimulation.REFUSED);
            var replacement = replacement(active());

            world.settle();

            assertThat(key(replacement)).contains(NEW);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.PROBATION);
            assertThat(world.prompts(OLD)).isEqualTo(5);
            assertThat(world.prompts(NEW)).isEqualTo(3);
        }

        @Test
        void withoutACanaryWhenTheActiveKeyWasRefusedBefore() {
            world.serve(OLD);
            world.upstream(OLD, RolloutSimulation.REFUSED);
            world.write(NEW, TENTH);
            var replacement = replacement(active());

            world.runFor(Duration.ofSeconds(1));

            assertThat(key(replacement)).contains(NEW);
            assertThat(world.events)
                    .containsExactly("verifying 2", "promoted 2 proven", "probation");
        }

        @Test
        void withoutACanaryAtAColdStart() {
            world.write(NEW, TENTH);

            world.settle();

            assertThat(world.events).containsExactly("promoted 1 proven", "settled");
        }

        @Test
        void withoutACanaryOfNothing() {
            world.serve(OLD);
            world.write(NEW, 0);

            world.runFor(ONE_POLL);

            assertThat(world.events)
                    .containsExactly("verifying 2", "promoted 2 proven", "probation");
        }
    }

    @Nested
    class IsRejected {

        @ParameterizedTest
        @EnumSource(value = CanaryOutcome.class, names = "ANSWERED", mode = Mode.EXCLUDE)
        void whenItsExchangesMeetFaultsThatTheOthersDoNot(CanaryOutcome fault) {
            begin();
            candidate(15, fault);
            active(135, ANSWERED);

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.events)
                    .containsExactly(
                            "verifying 2", "canary 2", "settled", "rejected 2 canary_worse");
        }

        @Test
        void onlyOnceThereAreTooManyFaultsToBeChance() {
            begin();
            candidate(5, FAILED);
            active(45, ANSWERED);
            world.runFor(ONE_LOOK);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.CANARY);
            candidate(10, FAILED);
            active(90, ANSWERED);

            world.runFor(ONE_LOOK);

            assertThat(world.revisions.view().stage()).isEqualTo(Stage.SETTLED);
        }

        @Test
        void whenItsExchangesMeetMoreFaultsThanTheOthers() {
            begin();
            candidate(60, ANSWERED);
            candidate(60, FAILED);
            active(1000, ANSWERED);
            active(80, FAILED);

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(OLD);
        }

        @Test
        void whenItsAnswersBeginMuchLater() {
            begin();
            world.runFor(ONE_LOOK);
            answersBegin(Duration.ofMillis(2000), Duration.ofMillis(300));

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.events).contains("rejected 2 canary_worse");
        }

        @Test
        void byTheFaultsOfTheOnlyCallerThatTheGatewayKnows() {
            world.callers = 1;
            begin();
            candidateFailsAlone(100, "caller-0");

            world.runFor(ONE_LOOK);

            assertThat(world.active()).isEqualTo(OLD);
        }

        @Test
        void andNotTriedAgainUntilItIsWrittenAnew() {
            begin();
            candidate(15, FAILED);
            active(135, ANSWERED);
            world.runFor(HOUR.multipliedBy(5));
            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts(NEW)).isEqualTo(1);

            world.write(NEW, TENTH);
            world.runFor(ONE_POLL);

            assertThat(world.revisions.view().stage()).isEqualTo(Stage.CANARY);
        }

        @Test
        void andTakenAllTheSameWhenItIsPinned() {
            begin();
            candidate(15, FAILED);
            active(135, ANSWERED);
            world.runFor(ONE_POLL);
            world.pin("2");

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
        }

        @Test
        void whenAPromptConfirmsThatItsKeyIsRefused() {
            begin();
            var candidate = candidate();
            world.upstream(NEW, RolloutSimulation.REFUSED);
            var replacement = replacement(candidate);
            world.revisions.refused(candidate, null);

            world.settle();

            assertThat(key(replacement)).contains(OLD);
            assertThat(world.prompts(NEW)).isEqualTo(6);
            assertThat(world.prompts(OLD)).isEqualTo(2);
            assertThat(world.events)
                    .containsExactly(
                            "verifying 2", "canary 2", "settled", "rejected 2 key_refused");
        }
    }

    @Nested
    class GoesOn {

        @Test
        void whenBothKeysAreRefused() {
            begin();
            world.upstreamFails(RolloutSimulation.REFUSED);
            world.revisions.refused(active(), null);
            world.revisions.refused(candidate(), null);

            world.settle();

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.CANARY);
            assertThat(world.events)
                    .containsExactly("verifying 2", "canary 2", "alarm upstream_auth_trouble");
        }

        @Test
        void whenOneModelIsRefusedWithEitherKey() {
            begin();
            world.modelFails("model-x", RolloutSimulation.REFUSED);
            for (var i = 0; i < 60; i++) {
                world.revisions.refused(active(), "model-x");
                world.revisions.refused(candidate(), "model-x");
                world.runFor(Duration.ofSeconds(1));
            }

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.CANARY);
        }

        @Test
        void whileAPromptFindsItsKeyGood() {
            begin();

            for (var i = 0; i < 119; i++) {
                world.revisions.refused(candidate(), null);
                world.runFor(Duration.ofSeconds(1));
            }

            assertThat(world.revisions.view().stage()).isEqualTo(Stage.CANARY);
            // One has proven it; the others come after 10, 20, 40 and 80 seconds.
            assertThat(world.prompts(NEW)).isEqualTo(1 + 4);
        }

        @Test
        void whileAPromptFindsTheActiveKeyGood() {
            begin();
            world.revisions.refused(active(), null);

            world.settle();

            assertThat(world.revisions.view().stage()).isEqualTo(Stage.CANARY);
            assertThat(world.events).doesNotContain("alarm active_refused");
        }

        @Test
        void withItsNewNumberWhenItIsWrittenAgain() {
            begin();
            candidate(60, ANSWERED);
            world.write(OTHER);
            world.write(NEW, TENTH);
            world.runFor(ONE_POLL);
            assertThat(candidate().number()).isEqualTo(4);
            candidate(60, ANSWERED);

            world.runFor(ONE_LOOK);

            assertThat(world.number()).isEqualTo(4);
        }

        @Test
        void whileANewerVersionWaits() {
            begin();
            world.write(OTHER);
            world.runFor(Duration.ofMinutes(29));
            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.prompts(OTHER)).isZero();

            world.runFor(RolloutSimulation.PROBATION.plusMinutes(1));

            assertThat(world.active()).isEqualTo(OTHER);
        }

        @Test
        void andLooksOnlyAtWhatBeganSinceThereIsAChoice() {
            begin();
            for (var i = 0; i < 1000; i++) {
                world.exchange(candidate(), caller(i), FAILED, HOUR);
            }

            world.runFor(ONE_LOOK);

            assertThat(world.revisions.view().stage()).isEqualTo(Stage.CANARY);
            assertThat(world.traffic.total(Role.CANDIDATE, FAILED)).isZero();
        }
    }

    @Nested
    class Ends {

        @Test
        void whenTheActiveContentIsWrittenAgain() {
            begin();
            world.write(OLD);

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.events)
                    .containsExactly("verifying 2", "canary 2", "renumbered 3 before 1", "settled");
            assertThat(world.traffic.isOn()).isFalse();
        }

        @Test
        void whenTheActiveVersionIsPinned() {
            begin();
            world.pin("1");

            world.runFor(HOUR);

            assertThat(world.active()).isEqualTo(OLD);
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.SETTLED);
        }

        @Test
        void whenAnotherVersionIsPinned() {
            world.write(OTHER);
            begin();
            world.pin("1");

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(OTHER);
        }

        @Test
        void inItsPromotionWhenItIsPinnedItself() {
            begin();
            world.pin("2");

            world.runFor(ONE_POLL);

            assertThat(world.active()).isEqualTo(NEW);
            assertThat(world.prompts(NEW)).isEqualTo(2);
        }
    }

    @Test
    void countsByRoleAndOutcome() {
        begin();
        candidate(3, FAILED);
        active(7, ANSWERED);
        world.exchange(other(), "caller-0", ANSWERED);

        assertThat(world.traffic.total(Role.CANDIDATE, FAILED)).isEqualTo(3);
        assertThat(world.traffic.total(Role.CANDIDATE, ANSWERED)).isZero();
        assertThat(world.traffic.total(Role.ACTIVE, ANSWERED)).isEqualTo(7);
        assertThat(world.traffic.total(Role.ACTIVE, FAILED)).isZero();
    }

    /// The new key's canary after the old one was settled; what happened before is forgotten.
    private void begin() {
        world.serve(OLD);
        var number = world.write(NEW, TENTH);
        world.runFor(ONE_POLL);
        assertThat(world.revisions.view().stage()).isEqualTo(Stage.CANARY);
        assertThat(candidate().number()).isEqualTo(number);
    }

    private Revision candidate() {
        return ((Canary) world.revisions.state()).candidate();
    }

    private Revision active() {
        return world.activeRevision();
    }

    private void candidate(int exchanges, CanaryOutcome outcome) {
        for (var i = 0; i < exchanges; i++) {
            world.exchange(candidate(), caller(i), outcome);
        }
    }

    private void active(int exchanges, CanaryOutcome outcome) {
        for (var i = 0; i < exchanges; i++) {
            world.exchange(active(), caller(i), outcome);
        }
    }

    /// Of some callers' exchanges, those that bind the candidate fail and the others do not.
    private void candidateFailsAlone(int exchanges, String... callers) {
        for (var i = 0; i < exchanges; i++) {
            var caller = callers[i % callers.length];
            world.exchange(candidate(), caller, FAILED);
            world.exchange(active(), caller, ANSWERED);
        }
    }

    /// As many answers as are looked at, a tenth of them the candidate's.
    private void answersBegin(Duration ofCandidate, Duration ofActive) {
        for (var i = 0; i < 1200; i++) {
            var isCandidates = i % TENTH == 0;
            world.exchange(
                    isCandidates ? candidate() : active(),
                    caller(i / TENTH),
                    ANSWERED,
                    isCandidates ? ofCandidate : ofActive);
        }
    }

    private static String caller(int i) {
        return "caller-" + i % CALLERS;
    }

    private static Revision other() {
        var hosts = new AllowedHosts(Strictness.PROD, Set.of("api.alltkn.com"));
        var parsing =
                new SettingsParser(hosts, Map.of()).parse("vault", Map.of("ALLTKN_API_KEY", OTHER));
        return new Revision(9, ((Parsing.Parsed) parsing).settings(), "vault");
    }

    private CompletionStage<Optional<Revision>> replacement(Revision bound) {
        return world.revisions.replacement(bound);
    }
}
