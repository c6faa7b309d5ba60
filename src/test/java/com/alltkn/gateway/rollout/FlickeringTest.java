package com.alltkn.gateway.rollout;

import static com.alltkn.gateway.rollout.RolloutSimulation.FAILED;
import static com.alltkn.gateway.rollout.RolloutSimulation.HOUR;
import static com.alltkn.gateway.rollout.RolloutSimulation.MODEL;
import static com.alltkn.gateway.rollout.RolloutSimulation.NEW;
import static com.alltkn.gateway.rollout.RolloutSimulation.OLD;
import static com.alltkn.gateway.rollout.RolloutSimulation.ONE_POLL;
import static com.alltkn.gateway.rollout.RolloutSimulation.OTHER_MODEL;
import static com.alltkn.gateway.rollout.RolloutSimulation.REFUSED;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// An upstream of which only some servers or some models are ill, and callers who ask for whatever
/// they like.
class FlickeringTest {

    private static final Duration STORM = Duration.ofMinutes(20);

    // Held, for a log manager may forget a logger that nobody holds.
    private static final Logger LOG = Logger.getLogger("com.alltkn.gateway.rollout");

    @BeforeAll
    static void beQuiet() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void beLoudAgain() {
        LOG.setLevel(null);
    }

    @Nested
    class ACandidate {

        @Test
        void isNotRejectedByServersThatTakeTurns() {
            for (var servers = 2; servers <= 5; servers++) {
                for (var ill = 1; ill < servers; ill++) {
                    for (var first = 0; first < servers; first++) {
                        var world = verifying(new RolloutSimulation());
                        takeTurns(world, servers, ill, first);

                        world.runFor(STORM);

                        assertThat(world.active())
                                .as("%d of %d from %d", ill, servers, first)
                                .isEqualTo(NEW);
                    }
                }
            }
        }

        @Test
        void isHardlyEverRejectedByServersThatAreHitByChance() {
            var rejected = 0;
            for (var seed = 0; seed < 200; seed++) {
                var world = verifying(new RolloutSimulation(new Random(seed)));
                hitByChance(world, 0.5, seed);
                world.runFor(STORM);
                rejected += world.active().equals(NEW) ? 0 : 1;
            }

            assertThat(rejected).isZero();
        }

        @Test
        void isNotRejectedWhileAllTheModelsItNamesAreAway() {
            var world = new RolloutSimulation();
            world.write(Map.of("ALLTKN_API_KEY", OLD, "ALLTKN_DEFAULT_MODEL", OTHER_MODEL));
            world.runFor(HOUR);
            world.modelFails("vendor-chat", REFUSED);
            world.modelFails("vendor-think", REFUSED);
            world.write(
                    Map.of(
                            "ALLTKN_API_KEY",
                            NEW,
                            "ALLTKN_DEFAULT_MODEL",
                            "vendor-chat",
                            "ALLTKN_FALLBACK_MODELS",
                            "vendor-think"));

            world.runFor(STORM);

            assertThat(world.revisions.view().rejection().map(Rejection::reason)).isEmpty();
            assertThat(world.revisions.view().alarms().keySet())
                    .containsExactly(Alarm.UPSTREAM_AUTH_TROUBLE);
        }

        @Test
        void thatWaitsIsNotAskedAboutAllTheTimeByTrafficThatComesAndGoes() {
            var world = new RolloutSimulation();
            world.serve(OLD);
            world.upstream(NEW, FAILED);
            world.write(NEW);
            for (var i = 0; i < 600; i++) {
                world.revisions.trafficRecovered();
                world.runFor(Duration.ofSeconds(1));
            }

            assertThat(world.prompts(NEW)).isLessThan(70);
        }

        private RolloutSimulation verifying(RolloutSimulation world) {
            world.serve(OLD);
            world.write(NEW);
            return world;
        }
    }

    @Nested
    class TheActiveOneOnProbation {

        @Test
        void isNotLeftForServersThatTakeTurns() {
            for (var servers = 2; servers <= 4; servers++) {
                for (var ill = 1; ill < servers; ill++) {
                    for (var first = 0; first < servers; first++) {
                        var world = onProbation(new RolloutSimulation());
                        takeTurns(world, servers, ill, first);

                        carry(world, 500, MODEL);

                        assertThat(world.active())
                                .as("%d of %d from %d", ill, servers, first)
                                .isEqualTo(NEW);
                    }
                }
            }
        }

        @Test
        void isSeldomLeftForServersThatAreHitByChance() {
            var left = 0;
            for (var seed = 0; seed < 200; seed++) {
                var world = onProbation(new RolloutSimulation(new Random(seed)));
                hitByChance(world, 0.5, seed);
                carry(world, 500, MODEL);
                left += world.active().equals(NEW) ? 0 : 1;
            }

            assertThat(left).isLessThan(20);
        }

        @Test
        void isLeftAtOnceThoughACallerHasAskedForStrangeModels() {
            var world = onProbation(new RolloutSimulation());
            askForStrangeModels(world, 400);
            assertThat(world.active()).isEqualTo(NEW);
            world.upstream(NEW, REFUSED);

            carry(world, 5, MODEL);

            assertThat(world.active()).isEqualTo(OLD);
        }

        private RolloutSimulation onProbation(RolloutSimulation world) {
            world.serve(OLD);
            world.write(NEW);
            world.runFor(ONE_POLL);
            return world;
        }
    }

    @Test
    void aCallerWhoAsksForStrangeModelsLeavesPromptsForOthers() {
        var world = new RolloutSimulation();
        world.serve(OLD);

        askForStrangeModels(world, 3600);

        assertThat(world.prompts(OLD)).isLessThan(PromptBudget.MOST / 2);
    }

    @Test
    void aVersionHasItsFirstPromptWhateverTrafficHasSpent() {
        var budget = new PromptBudget();
        var world = new RolloutSimulation();
        while (budget.allows(PromptBudget.Need.TO_CONFIRM, world.instant())) {
            budget.spend(world.instant());
        }

        assertThat(budget.allows(PromptBudget.Need.AT_ONCE, world.instant())).isTrue();
    }

    /// Each question meets the next server.
    private static void takeTurns(RolloutSimulation world, int servers, int ill, int first) {
        var turn = new AtomicInteger(first);
        world.upstreamFlickers(() -> turn.getAndIncrement() % servers < ill ? REFUSED : null);
    }

    private static void hitByChance(RolloutSimulation world, double ill, int seed) {
        var random = new Random(seed);
        world.upstreamFlickers(() -> random.nextDouble() < ill ? REFUSED : null);
    }

    private static void carry(RolloutSimulation world, int seconds, String model) {
        for (var i = 0; i < seconds; i++) {
            world.revisions.refused(world.activeRevision(), model);
            world.runFor(Duration.ofSeconds(1));
        }
    }

    private static void askForStrangeModels(RolloutSimulation world, int seconds) {
        for (var i = 0; i < seconds; i++) {
            world.modelFails("strange-" + i, REFUSED);
            carry(world, 1, "strange-" + i);
        }
    }
}
