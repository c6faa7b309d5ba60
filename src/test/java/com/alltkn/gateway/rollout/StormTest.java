package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// An aggregator that has trouble of every kind, for all models or for one, while keys are written,
/// pinned, tried out and on probation, over pods that have served and pods that start. Whether a
/// key is good is known here and never to the rollout, which must not take the one for the other. A
/// seed makes a run come out the same each time.
class StormTest {

    private static final int RUNS = 1000;
    private static final Duration LONGEST_STORM = Duration.ofMinutes(17);
    private static final Duration PROMISED = Duration.ofMinutes(20);
    private static final Duration PROMISED_OF_MORE = Duration.ofMinutes(12);
    private static final Duration HEALED = Duration.ofMinutes(3);
    private static final List<String> KEYS =
            List.of("key-number-a", "key-number-b", "key-number-c", "key-number-d");

    private static final List<PromptAnswer> TROUBLES =
            List.of(
                    RolloutSimulation.REFUSED,
                    RolloutSimulation.REFUSED,
                    RolloutSimulation.PAGE,
                    RolloutSimulation.QUOTA,
                    RolloutSimulation.NO_MODEL,
                    RolloutSimulation.NO_ANSWER,
                    RolloutSimulation.FAILED);

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

    @Test
    void spoilsNoGoodKeyAndLetsNoBadOneIn() {
        var rejections = 0;
        var coldHealings = 0;
        var stages = new HashSet<Stage>();
        for (var seed = 0; seed < RUNS; seed++) {
            var run = new Run(seed);
            try {
                run.play();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + run.story, e);
            }
            rejections += run.badRejected;
            coldHealings += run.coldHealings;
            stages.addAll(run.stages);
        }
        assertThat(rejections).as("bad keys that were rejected").isGreaterThan(RUNS / 20);
        assertThat(coldHealings).as("pods that had none until it healed").isGreaterThan(RUNS / 20);
        assertThat(stages).contains(Stage.values());
    }

    private static final class Run implements RevisionListener {

        private final List<String> story = new ArrayList<>();
        private final Random random;
        private final RolloutSimulation world;
        private final Set<String> bad = new HashSet<>();
        private final Set<Stage> stages = new HashSet<>();
        private final List<String> broken = new ArrayList<>();
        private int badRejected;
        private int coldHealings;
        private boolean ill;
        private Instant illSince = Instant.MIN;
        private Instant unprovenSince = Instant.EPOCH;

        Run(int seed) {
            random = new Random(seed);
            world = new RolloutSimulation(new Random(seed));
            world.observe(this);
        }

        void play() {
            world.write(KEYS.getFirst());
            if (random.nextBoolean()) {
                pass(Duration.ofMinutes(15));
            }
            for (var i = 0; i < 12; i++) {
                act();
                pass(Duration.ofSeconds(random.nextInt(1, 300)));
            }
            heal();
        }

        private void act() {
            if (ill && illSince.plus(LONGEST_STORM).isBefore(world.instant())) {
                heal();
            }
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> storm();
                case 3 -> heal();
                case 4, 5 -> write();
                case 6 -> {
                    if (!ill && random.nextBoolean()) {
                        say("restart");
                        world.restart();
                        unprovenSince = world.instant();
                    }
                }
                case 7 -> {
                    // A pod that starts in the middle of it.
                    say("storm and restart");
                    storm();
                    world.restart();
                    unprovenSince = world.instant();
                }
                case 8 -> {
                    say("pin");
                    world.pin(String.valueOf(random.nextInt(1, 4)));
                }
                default -> {
                    say("unpin");
                    world.unpin();
                }
            }
        }

        private void storm() {
            if (ill) {
                return;
            }
            ill = true;
            var trouble = TROUBLES.get(random.nextInt(TROUBLES.size()));
            if (random.nextBoolean()) {
                say("all " + trouble.word());
                world.upstreamFails(trouble);
            } else {
                var model =
                        random.nextInt(3) == 0
                                ? RolloutSimulation.OTHER_MODEL
                                : RolloutSimulation.MODEL;
                say(model + " " + trouble.word());
                world.modelFails(model, trouble);
            }
            illSince = world.instant();
            pass(Duration.ofSeconds(random.nextInt(1, 600)));
        }

        private void heal() {
            if (!ill) {
                return;
            }
            say("healed");
            ill = false;
            world.upstreamHealed();
            var cold = world.active().isEmpty();
            var goods = goodVersions();
            // What has asked for longer, or about more, has fewer prompts left.
            var promised = world.newestKeys(3).size() > 2 ? PROMISED_OF_MORE : PROMISED;
            var inTime = !unprovenSince.plus(promised).isBefore(world.instant());
            pass(HEALED);
            if (inTime
                    && !goods.isEmpty()
                    && !world.revisions.view().alarms().keySet().contains(Alarm.PIN_REFUSED)) {
                assertThat(world.active()).as("serves after three minutes").isNotEmpty();
                assertThat(world.active()).as("serves a good key").isNotIn(bad);
                coldHealings += cold ? 1 : 0;
            }
        }

        /// The good ones of those keys that a pod without a revision asks about within three
        /// minutes; of more than two there are not prompts enough for each.
        private List<String> goodVersions() {
            var keys = world.newestKeys(3);
            return keys.stream()
                    .limit(keys.size() > 2 ? 1 : 2)
                    .filter(key -> !bad.contains(key))
                    .toList();
        }

        private void write() {
            var key = KEYS.get(random.nextInt(KEYS.size()));
            if (random.nextInt(3) == 0 && !key.equals(world.active())) {
                bad.add(key);
                world.upstream(key, RolloutSimulation.REFUSED);
            }
            say("write " + key + (bad.contains(key) ? ", which is bad" : ""));
            switch (random.nextInt(3)) {
                case 0 -> world.write(key, 10);
                case 1 ->
                        world.write(
                                Map.of(
                                        "ALLTKN_API_KEY",
                                        key,
                                        "ALLTKN_FALLBACK_MODELS",
                                        RolloutSimulation.OTHER_MODEL));
                default -> world.write(key);
            }
        }

        private void pass(Duration time) {
            for (var left = time; left.isPositive(); left = left.minusSeconds(5)) {
                carry();
                world.runFor(
                        left.compareTo(Duration.ofSeconds(5)) < 0 ? left : Duration.ofSeconds(5));
                stages.add(world.revisions.view().stage());
                if (world.revisions.proven().isPresent()) {
                    unprovenSince = world.instant();
                }
                assertThat(broken).isEmpty();
                assertThat(world.mostWithinAnHour()).isLessThanOrEqualTo(PromptBudget.MOST);
            }
        }

        /// Callers who meet a 401 wherever upstream says so.
        private void carry() {
            var active = world.revisions.activeOrNull();
            if (active == null) {
                return;
            }
            for (var model : List.of(RolloutSimulation.MODEL, RolloutSimulation.OTHER_MODEL)) {
                if (isRefused(active, model)) {
                    world.revisions.refused(active, model);
                    return;
                }
            }
            if (world.revisions.state() instanceof Rollout.Canary(_, var candidate)
                    && isRefused(candidate, RolloutSimulation.MODEL)) {
                world.revisions.refused(candidate, RolloutSimulation.MODEL);
            }
        }

        private boolean isRefused(Revision revision, String model) {
            return world.truth(key(revision), model) instanceof PromptAnswer.KeyRefused;
        }

        @Override
        public void promoted(Revision now, @Nullable Revision before, Promotion how) {
            say("-> " + key(now) + " " + how.word());
            if (bad.contains(key(now)) && how != Promotion.UNPROVEN) {
                broken.add(key(now) + " is bad");
            }
        }

        @Override
        public void rejected(long number, String source, RejectionReason reason, String sentence) {
            var key = world.key(number);
            say("rejected " + key + " " + reason.word());
            if (bad.contains(key)) {
                badRejected++;
            } else {
                broken.add(key + " is good: " + sentence);
            }
        }

        @Override
        public void verified(Revision revision, Verdict verdict) {
            if (verdict instanceof Verdict.Refused && !bad.contains(key(revision))) {
                broken.add(key(revision) + " is good, and a refusal counts: " + verdict.words());
            }
        }

        private static String key(Revision revision) {
            return revision.settings().apiKey().reveal();
        }

        private void say(String sentence) {
            story.add(sentence + " at " + Duration.between(Instant.EPOCH, world.instant()));
        }
    }
}
