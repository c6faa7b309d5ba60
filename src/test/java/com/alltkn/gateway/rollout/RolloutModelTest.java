package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
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

/// Lets operators, upstream, the source and restarts do anything in any order, and holds the real
/// rollout to a few sentences that need no knowledge of how it works. A seed makes a run come out
/// the same each time.
class RolloutModelTest {

    private static final int RUNS = 2000;
    private static final int ACTIONS = 30;
    private static final Duration HOUR = Duration.ofHours(1);
    private static final List<String> KEYS =
            List.of("key-number-a", "key-number-b", "key-number-c", "key-number-d", "key-number-e");

    /// Those of the keys that have a canary first.
    private static final Set<String> CANARIES =
            Set.of("key-number-c", "key-number-d", "key-number-e");

    private static final List<PromptAnswer> ANSWERS =
            List.of(
                    RolloutSimulation.GOOD,
                    RolloutSimulation.GOOD,
                    RolloutSimulation.GOOD,
                    RolloutSimulation.REFUSED,
                    RolloutSimulation.REFUSED,
                    RolloutSimulation.FAILED,
                    RolloutSimulation.QUOTA,
                    RolloutSimulation.PAGE,
                    RolloutSimulation.NO_MODEL,
                    RolloutSimulation.NO_ANSWER);

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
    void keepsItsPromisesWhateverHappens() {
        var canaries = 0;
        var worse = 0;
        var stood = EnumSet.noneOf(Alarm.class);
        for (var seed = 0; seed < RUNS; seed++) {
            var run = new Run(seed);
            try {
                run.play();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + run.story, e);
            }
            canaries += run.canaries;
            worse += run.worse;
            stood.addAll(run.stood);
        }
        assertThat(canaries).as("canaries").isGreaterThan(RUNS / 4);
        assertThat(worse).as("candidates that were worse").isGreaterThan(RUNS / 50);
        // The registry is not part of it.
        assertThat(stood)
                .isEqualTo(
                        EnumSet.complementOf(
                                EnumSet.of(Alarm.SEPARATION_UNCHECKED, Alarm.KEY_SHARED)));
    }

    /// What a revision met in a canary.
    private static final class Met {

        private final Map<String, Integer> faults = new HashMap<>();
        private int answers;

        void add(String caller, boolean fault) {
            if (fault) {
                faults.merge(caller, 1, Integer::sum);
            } else {
                answers++;
            }
        }

        double rate() {
            var failed = faults.values().stream().mapToInt(Integer::intValue).sum();
            return failed + answers == 0 ? 0 : (double) failed / (failed + answers);
        }
    }

    private static final class Run implements RevisionListener {

        private final List<String> story = new ArrayList<>();
        private final Random random;
        private final RolloutSimulation world;
        private final boolean withTraffic;
        private boolean served;
        private String lastTried = "";
        private int canaries;
        private int worse;
        private final Set<Alarm> stood = EnumSet.noneOf(Alarm.class);

        /// Sentences that did not hold. The loop survives what listeners throw, so they are kept.
        private final List<String> broken = new ArrayList<>();

        /// Rolled back or worse in its canary in this pod, and not pinned since.
        private final Set<String> rejected = new HashSet<>();

        /// Keys with which upstream fails requests, though it answers prompts.
        private final Set<String> brittle = new HashSet<>();

        /// What the canary under way has met.
        private Met candidates = new Met();

        private Met actives = new Met();
        private @Nullable Revision tried;

        /// Promoted since the world changed last.
        private final Set<String> promoted = new HashSet<>();

        /// Refusals that counted, since the key was last good, written, pinned or the pod
        /// restarted.
        private final Map<String, Integer> spent = new HashMap<>();

        /// What the last prompt with each key came to, in this pod.
        private final Map<String, Verdict> said = new HashMap<>();

        /// Reasons that any prompt was given, in this pod.
        private final Set<PromptAnswer> given = new HashSet<>();

        /// Keys that upstream refused in traffic, in this pod.
        private final Set<String> refused = new HashSet<>();

        Run(int seed) {
            random = new Random(seed);
            world = new RolloutSimulation(new Random(seed));
            world.observe(this);
            withTraffic = seed % 2 == 0;
        }

        void play() {
            world.write(KEYS.getFirst());
            for (var i = 0; i < ACTIONS; i++) {
                promoted.clear();
                act();
                pass(Duration.ofSeconds(random.nextInt(1, random.nextBoolean() ? 60 : 1500)));
            }
            endsWhereTheOperatorWantsItWhenAllIsWell();
        }

        private void act() {
            switch (random.nextInt(withTraffic ? 14 : 11)) {
                case 0, 1, 2 -> write(random.nextInt(8) == 0 ? "changeme" : oneOf(KEYS));
                case 3, 4 -> judge(oneOf(KEYS), oneOf(ANSWERS));
                case 5 -> pin(oneOf(List.of("1", "2", "3", "99", "abc")));
                case 6 -> {
                    say("unpin");
                    world.unpin();
                }
                case 7 -> {
                    say("outage");
                    world.upstreamFails(RolloutSimulation.FAILED);
                }
                case 8 -> {
                    say("healed");
                    world.upstreamHealed();
                    world.revisions.trafficRecovered();
                }
                case 9 -> {
                    if (random.nextBoolean()) {
                        say("source down");
                        world.down(oneOf(List.of(SourceFailure.values())));
                    } else {
                        say("source up");
                        world.up();
                    }
                }
                case 10 -> {
                    if (random.nextInt(3) == 0) {
                        say("count anew");
                        world.deleteMetadata();
                        write(oneOf(KEYS));
                    } else {
                        restart();
                    }
                }
                case 11, 12 -> {
                    var key = oneOf(KEYS);
                    say(key + (brittle.add(key) || !brittle.remove(key) ? " fails" : " works"));
                }
                default -> judge(world.active(), RolloutSimulation.REFUSED);
            }
        }

        private void write(String key) {
            say("write " + key);
            rejected.remove(key);
            spent.remove(key);
            if (CANARIES.contains(key)) {
                world.write(key, 10);
            } else {
                world.write(key);
            }
        }

        private void judge(String key, PromptAnswer answer) {
            say(key + " is " + answer.word());
            world.upstream(key, answer);
        }

        private void pin(String pin) {
            say("pin " + pin);
            world.pin(pin);
            // It is verified once more, with a budget of its own.
            rejected.remove(world.wanted());
            spent.remove(world.wanted());
        }

        private void restart() {
            say("restart");
            world.restart();
            served = false;
            rejected.clear();
            spent.clear();
            said.clear();
            given.clear();
            refused.clear();
        }

        private void pass(Duration time) {
            var slice = time.dividedBy(10);
            for (var i = 0; i < 10; i++) {
                if (withTraffic && world.truth(world.active()).equals(RolloutSimulation.REFUSED)) {
                    world.revisions.active().ifPresent(this::refuse);
                }
                if (withTraffic && tried != null) {
                    carry(tried, candidates, 1);
                    world.revisions.active().ifPresent(active -> carry(active, actives, 9));
                }
                world.runFor(slice);
                assertThat(broken).isEmpty();
                assertThat(world.mostWithinAnHour()).isLessThanOrEqualTo(PromptBudget.MOST);
                world.revisions.view().alarms().keySet().forEach(this::hasACause);
                assertThat(world.revisions.view().alarms().keySet().contains(Alarm.PIN_TO_NOWHERE))
                        .isEqualTo(world.pinLeadsNowhere());
                var active = world.active();
                assertThat(served && active.isEmpty()).as("has lost its revision").isFalse();
                served = !active.isEmpty();
            }
        }

        private void endsWhereTheOperatorWantsItWhenAllIsWell() {
            promoted.clear();
            say("all well");
            world.up();
            world.unpin();
            world.upstreamHealed();
            world.upstream("key-number-z", RolloutSimulation.GOOD);
            write("key-number-z");
            pass(HOUR);
            assertThat(world.active()).isEqualTo("key-number-z");
            assertThat(world.revisions.view().stage()).isEqualTo(Stage.SETTLED);
            assertThat(world.revisions.view().alarms().keySet()).isEmpty();
            assertThat(world.revisions.view().rejection().map(Rejection::reason)).isEmpty();
            assertThat(world.revisions.view().source().failure()).isEmpty();
        }

        private void hasACause(Alarm alarm) {
            stood.add(alarm);
            assertThat(
                            switch (alarm) {
                                case UPSTREAM_QUOTA_EXHAUSTED ->
                                        given.contains(RolloutSimulation.QUOTA);
                                case MODEL_UNAVAILABLE ->
                                        given.contains(RolloutSimulation.NO_MODEL);
                                case UPSTREAM_AUTH_TROUBLE ->
                                        given.contains(RolloutSimulation.PAGE)
                                                || given.contains(RolloutSimulation.REFUSED);
                                case ALL_REFUSED -> !served && !said.isEmpty();
                                case UNPROVEN_REJECTED ->
                                        world.revisions.view().stage() == Stage.UNPROVEN
                                                && said.get(world.active())
                                                        instanceof Verdict.RefusedForNow;
                                case ACTIVE_REFUSED -> refused.contains(world.active());
                                case PIN_TO_NOWHERE -> world.pinLeadsNowhere();
                                case PIN_REFUSED -> world.isPinned() && !world.pinLeadsNowhere();
                                case SEPARATION_UNCHECKED, KEY_SHARED -> false;
                            })
                    .as("%s stands", alarm)
                    .isTrue();
        }

        private void refuse(Revision bound) {
            refused.add(key(bound));
            world.revisions.refused(bound, null);
        }

        @Override
        public void promoted(Revision now, @Nullable Revision before, Promotion how) {
            var key = key(now);
            say("-> " + key + " " + how.word());
            check(promoted.add(key), key + " comes and goes");
            if (how == Promotion.COMPARED) {
                check(
                        candidates.faults.isEmpty()
                                || candidates.answers > 0
                                || actives.answers == 0
                                || !actives.faults.isEmpty(),
                        key + " has answered nothing");
            } else if (how != Promotion.UNPROVEN) {
                check(world.truth(key).equals(RolloutSimulation.GOOD), key + " is not good");
            }
            if (how != Promotion.UNPROVEN) {
                check(!rejected.contains(key), key + " was rejected");
            }
            if (how == Promotion.ROLLED_BACK && before != null) {
                var refused = world.truth(key(before)).equals(RolloutSimulation.REFUSED);
                check(refused, key(before) + " is not refused");
                rejected.add(key(before));
            }
        }

        @Override
        public void entered(Stage stage, @Nullable Revision candidate) {
            if (stage != Stage.CANARY) {
                tried = null;
            } else if (candidate != null) {
                if (tried == null) {
                    say(key(candidate) + " is tried out");
                    canaries++;
                    candidates = new Met();
                    actives = new Met();
                }
                tried = candidate;
                lastTried = key(candidate);
            }
        }

        @Override
        public void rejected(long number, String source, RejectionReason reason, String sentence) {
            if (reason == RejectionReason.CANARY_WORSE) {
                say(lastTried + " is worse");
                worse++;
                rejected.add(lastTried);
                check(candidates.faults.size() >= 3, "one caller's faults have decided");
                check(candidates.rate() > actives.rate(), lastTried + " was no worse");
            }
        }

        /// Lets exchanges end as upstream thinks of the key; one caller fails whatever happens, and
        /// only with the candidate.
        private void carry(Revision bound, Met met, int times) {
            var truth = world.truth(key(bound));
            var fails = brittle.contains(key(bound)) || !truth.equals(RolloutSimulation.GOOD);
            if (truth.equals(RolloutSimulation.REFUSED)) {
                refuse(bound);
            }
            for (var i = 0; i < 30 * times; i++) {
                var caller = "caller-" + i % 6;
                var fault = fails || (i % 6 == 0 && bound.equals(tried));
                world.exchange(
                        bound, caller, fault ? CanaryOutcome.FAILED : CanaryOutcome.ANSWERED);
                met.add(caller, fault);
            }
        }

        @Override
        public void confirmed(Revision revision, String model, PromptAnswer answer) {
            given.add(answer);
        }

        @Override
        public void verified(Revision revision, Verdict verdict) {
            var key = key(revision);
            said.put(key, verdict);
            given.add(world.truth(key));
            if (verdict instanceof Verdict.Good) {
                spent.remove(key);
            } else if (verdict instanceof Verdict.Refused) {
                var within = spent.merge(key, 1, Integer::sum) <= Verification.BUDGET;
                check(within, key + " was asked about too often");
            }
        }

        private void check(boolean holds, String otherwise) {
            if (!holds) {
                broken.add(otherwise);
            }
        }

        private static String key(Revision revision) {
            return revision.settings().apiKey().reveal();
        }

        private void say(String sentence) {
            story.add(sentence);
        }

        private <T> T oneOf(List<T> values) {
            return values.get(random.nextInt(values.size()));
        }
    }
}
