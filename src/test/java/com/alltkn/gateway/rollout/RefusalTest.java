package com.alltkn.gateway.rollout;

import static com.alltkn.gateway.rollout.RolloutSimulation.HOUR;
import static com.alltkn.gateway.rollout.RolloutSimulation.NEW;
import static com.alltkn.gateway.rollout.RolloutSimulation.OLD;
import static com.alltkn.gateway.rollout.RolloutSimulation.ONE_POLL;
import static com.alltkn.gateway.rollout.RolloutSimulation.OTHER;
import static com.alltkn.gateway.rollout.RolloutSimulation.key;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What a 401 in traffic leads to.
class RefusalTest {

    /// A refresh begins within a second.
    private static final Duration REFRESH = Duration.ofSeconds(1);

    private final RolloutSimulation world = new RolloutSimulation();

    @Test
    void rollsBackWhenTheNewKeyIsRefusedAndThePreviousOneIsGood() {
        promote();
        world.upstream(NEW, RolloutSimulation.REFUSED);
        var reads = world.reads.size();
        var replacement = replacement();

        world.settle();

        assertThat(world.active()).isEqualTo(OLD);
        assertThat(key(replacement)).contains(OLD);
        assertThat(world.reads).hasSize(reads);
        assertThat(world.prompts(NEW)).isEqualTo(5);
        assertThat(world.prompts(OLD)).isEqualTo(2);
        assertThat(world.events)
                .containsExactly("promoted 1 rolled_back", "settled", "rejected 2 rolled_back");
    }

    @Test
    void rollsBackOnceAndNeverTriesThatContentAgain() {
        promote();
        world.upstream(NEW, RolloutSimulation.REFUSED);
        world.revisions.refused(active(), null);
        world.runFor(REFRESH);
        world.upstream(NEW, RolloutSimulation.GOOD);

        world.runFor(HOUR.multipliedBy(10));

        assertThat(world.active()).isEqualTo(OLD);
        assertThat(world.prompts(NEW)).isEqualTo(5);
    }

    @Test
    void doesNotRollBackWhenAPromptFindsTheKeyGood() {
        promote();

        for (var i = 0; i < 300; i++) {
            world.revisions.refused(active(), null);
            world.runFor(Duration.ofSeconds(1));
        }

        assertThat(world.active()).isEqualTo(NEW);
        assertThat(world.prompts(NEW)).isLessThan(20);
        assertThat(world.prompts(OLD)).isZero();
    }

    @Test
    void doesNotRollBackToAPreviousKeyThatIsRefusedToo() {
        promote();
        world.upstream(NEW, RolloutSimulation.REFUSED);
        world.upstream(OLD, RolloutSimulation.REFUSED);
        var replacement = replacement();

        world.runFor(REFRESH);

        assertThat(world.active()).isEqualTo(NEW);
        assertThat(key(replacement)).isEmpty();
        assertThat(world.revisions.view().stage()).isEqualTo(Stage.PROBATION);
        assertThat(world.events).containsExactly("alarm upstream_auth_trouble");
    }

    @Test
    void letsAWaitingVersionComeWhenBothKeysAreRefused() {
        promote();
        world.write(OTHER);
        world.upstream(NEW, RolloutSimulation.REFUSED);
        world.upstream(OLD, RolloutSimulation.REFUSED);
        var replacement = replacement();

        world.runFor(REFRESH);

        assertThat(key(replacement)).contains(OTHER);
    }

    @Test
    void rollsBackLaterWhenUpstreamSaysNothingAtFirst() {
        promote();
        world.upstream(NEW, RolloutSimulation.REFUSED);
        world.upstreamFails(RolloutSimulation.FAILED);
        world.revisions.refused(active(), null);
        world.runFor(Duration.ofMinutes(1));
        assertThat(world.active()).isEqualTo(NEW);
        world.upstreamHealed();
        world.revisions.refused(active(), null);

        world.runFor(REFRESH);

        assertThat(world.active()).isEqualTo(OLD);
    }

    @Test
    void doesNotRollBackAfterTheProbation() {
        promote();
        world.runFor(RolloutSimulation.PROBATION);
        world.upstream(NEW, RolloutSimulation.REFUSED);
        world.revisions.refused(active(), null);

        world.runFor(HOUR);

        assertThat(world.active()).isEqualTo(NEW);
        assertThat(world.prompts(OLD)).isZero();
        assertThat(world.events).containsOnlyOnce("alarm active_refused");
    }

    @Test
    void doesNotRollBackOffAPin() {
        promote();
        world.pin("2");
        world.runFor(ONE_POLL);
        world.upstream(NEW, RolloutSimulation.REFUSED);
        world.revisions.refused(active(), null);

        world.runFor(HOUR);

        assertThat(world.active()).isEqualTo(NEW);
    }

    @Test
    void movesAllWhoWaitToANewerKeyByOneRefresh() {
        world.serve(OLD);
        world.write(NEW);
        var reads = world.reads.size();
        var waiting = IntStream.range(0, 200).mapToObj(_ -> replacement()).toList();

        world.runFor(REFRESH);

        assertThat(waiting).allSatisfy(one -> assertThat(key(one)).contains(NEW));
        assertThat(world.reads.size() - reads).isEqualTo(1);
        assertThat(world.prompts()).isEqualTo(1);
    }

    @Test
    void tellsAllWhoWaitThatThereIsNothing() {
        world.serve(OLD);
        var waiting = Stream.generate(this::replacement).limit(200).toList();

        world.runFor(REFRESH);

        assertThat(waiting).allSatisfy(one -> assertThat(key(one)).isEmpty());
    }

    @Test
    void backsOffToThePollIntervalWhileNothingNewerExists() {
        world.serve(OLD);
        var reads = world.reads.size();

        for (var i = 0; i < 3600; i++) {
            world.revisions.refused(active(), null);
            world.runFor(Duration.ofSeconds(1));
        }

        assertThat(world.reads.size() - reads).isLessThan(250);
        // Whose fault it is, after pauses from 10 s to 5 minutes.
        assertThat(world.prompts()).isBetween(10, 20);
    }

    @Test
    void doesNotLetAnybodyWaitWhileItBacksOff() {
        world.serve(OLD);
        world.revisions.refused(active(), null);
        world.runFor(REFRESH);
        var replacement = replacement();

        world.settle();

        assertThat(replacement.toCompletableFuture()).isCompletedWithValue(Optional.empty());
    }

    @Test
    void asksAtOnceAboutACandidateThatWaitedForUpstream() {
        world.serve(OLD);
        world.upstreamFails(RolloutSimulation.FAILED);
        world.write(NEW);
        world.runFor(ONE_POLL.plusSeconds(3));
        world.upstreamHealed();
        var replacement = replacement();

        world.runFor(REFRESH);

        assertThat(key(replacement)).contains(NEW);
    }

    @Test
    void doesNotSpendACandidatesPromptsBeforeTheirTime() {
        world.serve(OLD);
        world.upstream(NEW, RolloutSimulation.REFUSED);
        world.write(NEW);
        world.runFor(ONE_POLL);
        var replacement = replacement();

        world.runFor(REFRESH);

        assertThat(key(replacement)).isEmpty();
        assertThat(world.prompts(NEW)).isEqualTo(1);
    }

    @Test
    void answersAsSoonAsARegularReadHasFoundTheNewerKey() {
        world.serve(OLD);
        world.write(NEW);
        var replacement = replacement();
        world.wake();

        world.settle();

        assertThat(key(replacement)).contains(NEW);
    }

    @Test
    void answersThoseWhoComeDuringThePromptOfTheNewerKeyAtItsEnd() throws Exception {
        world.serve(OLD);
        var waiting = new ArrayList<CompletionStage<Optional<Revision>>>();
        world.promptsTake(Signals.PATIENCE, () -> waiting.add(replacement()));
        world.write(NEW);
        world.runUntil(() -> !waiting.isEmpty());

        world.settle();

        assertThat(waiting).singleElement().satisfies(one -> assertThat(key(one)).contains(NEW));
    }

    /// One thread reads and asks: a prompt that says nothing for all of its time takes it from
    /// those who come at its start, though a newer key is there.
    @Test
    void comesTooLateForThoseWhoWaitedForAllOfAPromptThatTimedOut() throws Exception {
        world.serve(OLD);
        var came = new ArrayList<Instant>();
        world.promptsTake(
                Signals.PATIENCE,
                () -> {
                    came.add(world.instant());
                    world.write(NEW);
                    world.revisions.refused(active(), null);
                    world.promptsTake(Duration.ofMillis(300), () -> {});
                });
        world.upstream(OTHER, RolloutSimulation.FAILED);
        world.write(OTHER);
        world.runUntil(() -> !came.isEmpty());
        world.settle();

        world.runUntil(() -> world.active().equals(NEW));

        var waited = Duration.between(came.getFirst(), world.instant());
        assertThat(waited)
                .isBetween(Signals.PATIENCE, Signals.PATIENCE.plus(REFRESH).plusMillis(300));
    }

    @Test
    void answersAtOnceWhereTheRevisionHasChangedAlready() {
        world.serve(OLD);
        var bound = active();
        world.write(NEW);
        world.runFor(ONE_POLL);

        var replacement = world.revisions.replacement(bound);

        assertThat(key(replacement)).contains(NEW);
    }

    @Test
    void ignoresA401OfARevisionThatIsNotActiveAnyMore() {
        world.serve(OLD);
        var bound = active();
        promote();
        var reads = world.reads.size();
        world.revisions.refused(bound, null);

        world.runFor(REFRESH);

        assertThat(world.reads.size()).isEqualTo(reads);
        assertThat(world.prompts()).isZero();
    }

    /// The new key is on probation after the old one.
    private void promote() {
        if (world.active().isEmpty()) {
            world.serve(OLD);
        }
        world.write(NEW);
        world.runFor(ONE_POLL);
        assertThat(world.active()).isEqualTo(NEW);
        world.forget();
    }

    private Revision active() {
        return world.activeRevision();
    }

    private CompletionStage<Optional<Revision>> replacement() {
        return world.revisions.replacement(active());
    }
}
