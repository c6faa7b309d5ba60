package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.GatewayError.RetryAdvice;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.upstream.UpstreamGate.Claim;
import com.alltkn.gateway.upstream.UpstreamGate.Full;
import com.alltkn.gateway.upstream.UpstreamGate.Slot;
import com.alltkn.gateway.upstream.UpstreamGate.Ticket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UpstreamGateTest {

    private final UpstreamGate gate = new UpstreamGate(always(10), () -> 0);
    private final List<Slot> granted = new ArrayList<>();

    @Test
    void letsInAsManyAsThereIsRoomFor() {
        enter("a", 10);

        assertThat(gate.enter("a", granted::add)).isInstanceOf(Ticket.class);
        assertThat(gate.view().inside()).isEqualTo(10);
        assertThat(gate.view().queued()).isEqualTo(1);
    }

    @Test
    void letsTheNextInWhenSomebodyLeaves() {
        var inside = enter("a", 10);
        gate.enter("a", granted::add);

        inside.getFirst().answered();
        inside.getFirst().leave();

        assertThat(granted).hasSize(1);
        assertThat(gate.view().inside()).isEqualTo(10);
        assertThat(gate.view().queued()).isZero();
    }

    @Test
    void refusesWhoFindsTheQueueFull() {
        enter("a", 10);
        for (int i = 0; i < 10; i++) {
            gate.enter("a", granted::add);
        }

        assertThat(gate.enter("a", granted::add)).isEqualTo(new Full());
    }

    @Test
    void forgetsWhoWaitsNoLonger() {
        var inside = enter("a", 10);
        var waiting = (Ticket) gate.enter("a", granted::add);

        assertThat(waiting.tryGiveUp()).isTrue();

        inside.forEach(Slot::leave);
        assertThat(granted).isEmpty();
        assertThat(waiting.tryGiveUp()).isFalse();
        assertThat(gate.view().inside()).isZero();
        assertThat(gate.view().queued()).isZero();
    }

    @Test
    void keepsRoomForACallerWhoAsksLittle() {
        enter("little", 1);
        enter("much", 8);
        assertThat(gate.enter("much", granted::add)).isInstanceOf(Ticket.class);

        assertThat(gate.enter("little", granted::add)).isInstanceOf(Slot.class);
    }

    @Test
    void letsThoseInFirstWhoHaveLeastInside() {
        var order = new ArrayList<String>();
        enter("little", 1);
        var much = enter("much", 8);
        gate.enter("much", _ -> order.add("much"));
        enter("little", 1);
        gate.enter("little", _ -> order.add("little"));

        much.getFirst().leave();

        assertThat(order).containsExactly("little");
    }

    /// An upstream that works at 50 requests at once, 100 ms each, refuses what is more, and is
    /// offered ten times what it can do: answers stay near their usual time, it is kept busy, and
    /// nobody else notices.
    @Test
    void keepsAnOverloadedUpstreamNearItsBest() {
        var world = new World(50, Duration.ofMillis(100));
        world.offer("a", 100, Duration.ofSeconds(20));
        var usual = world.percentile(99);
        world.forget();

        world.offer("a", 5_000, Duration.ofSeconds(5));
        world.forget();
        world.offer("a", 5_000, Duration.ofSeconds(20));

        assertThat(world.percentile(99)).isLessThanOrEqualTo(2 * usual);
        assertThat(world.answered("a")).isGreaterThanOrEqualTo((long) (0.9 * 500 * 20));
        assertThat(world.turnedAway).isLessThanOrEqualTo(world.answered("a") / 20);
        world.offer("a", 100, Duration.ofSeconds(5));
        world.forget();
        world.offer("a", 100, Duration.ofSeconds(5));
        assertThat(world.refused("a")).as("once it has recovered").isZero();
    }

    @Test
    void sparesOthersWhenOneCallerAsksAHundredTimesAsMuch() {
        var world = new World(50, Duration.ofMillis(100));
        world.offer("quiet", 20, Duration.ofSeconds(20));
        var usual = world.percentile(99);
        world.forget();

        world.offerBoth("quiet", 20, "loud", 2_000, Duration.ofSeconds(30));

        assertThat(world.refused("quiet")).isZero();
        assertThat(world.percentile("quiet", 99)).isLessThanOrEqualTo(usual * 3 / 2);
    }

    /// A large upstream that answers as models do: most soon, some after a long time.
    @Test
    void isInNobodysWayWhereUpstreamHasRoom() {
        var world = new World(100_000, Duration.ofSeconds(1));
        world.spread = 1.0;
        world.offer("a", 20, Duration.ofSeconds(60));
        world.offer("a", 60, Duration.ofSeconds(60));
        world.forget();

        world.offer("a", 150, Duration.ofMinutes(3));

        assertThat(world.refused("a")).isLessThanOrEqualTo(world.answered("a") / 100);
    }

    @Test
    void givesThePlaceOfOneWhoStepsOutToTheNext() {
        var inside = enter("a", 10);
        gate.enter("a", granted::add);
        assertThat(inside.getFirst().claim()).isEqualTo(Claim.NONE);

        inside.getFirst().stepOut();

        assertThat(granted).hasSize(1);
        inside.getFirst().stepIn();
        assertThat(gate.view().inside()).isEqualTo(11);
        inside.getFirst().leave();
        inside.getFirst().leave();
        assertThat(gate.view().inside()).isEqualTo(10);
    }

    @Test
    void findsOneWhoSteppedOutAndLeftGone() {
        var slot = enter("a", 1).getFirst();
        slot.stepOut();

        slot.leave();
        slot.stepIn();

        assertThat(gate.view().inside()).isZero();
    }

    @Test
    void hasAPlaceInTheQueueForACallerWhoseTurnOthersWouldTake() {
        enter("much", 10);
        for (int i = 0; i < 10; i++) {
            assertThat(gate.enter("much", granted::add)).isInstanceOf(Ticket.class);
        }
        enter("little", 1);

        assertThat(gate.enter("little", granted::add)).isInstanceOf(Ticket.class);
        assertThat(gate.enter("much", granted::add)).isEqualTo(new Full());
    }

    @Test
    void letsThoseWaitLongerWhoAreNext() {
        var usual = Duration.ofMillis(30);
        enter("little", 1);
        enter("much", 8);
        var much = (Ticket) gate.enter("much", granted::add);
        enter("second", 1);
        enter("third", 1);

        var little = (Ticket) gate.enter("fourth", granted::add);

        assertThat(little.patience(usual)).isEqualTo(Duration.ofMillis(90));
        assertThat(much.patience(usual)).isEqualTo(usual);
    }

    @Test
    void tellsWhoHasMoreInsideThanOthers() {
        var much = enter("much", 5).getFirst();
        assertThat(much.claim()).isEqualTo(Claim.FULL);
        var little = enter("little", 1).getFirst();

        assertThat(much.claim()).isEqualTo(Claim.SMALL);
        assertThat(little.claim()).isEqualTo(Claim.FULL);
    }

    private static GateConfig always(int limit) {
        var value = Integer.toString(limit);
        return Mappings.read(
                GateConfig.class,
                Map.of(
                        "gateway.upstream.gate.initial-limit", value,
                        "gateway.upstream.gate.min-limit", value,
                        "gateway.upstream.gate.max-limit", value));
    }

    private List<Slot> enter(String caller, int times) {
        var slots = new ArrayList<Slot>();
        for (int i = 0; i < times; i++) {
            slots.add((Slot) gate.enter(caller, granted::add));
        }
        return slots;
    }

    /// A world with a clock of its own, in nanoseconds, and an upstream with so many servers.
    private static final class World {

        private static final long REFUSAL = Duration.ofMillis(2).toNanos();
        private static final Duration WAIT = Duration.ofMillis(30);
        private static final long RETRY_AFTER = Duration.ofSeconds(1).toNanos();
        private static final long RETRY_JITTER = Duration.ofMillis(200).toNanos();

        private final Random random = new Random(42);
        private final PriorityQueue<Event> events = new PriorityQueue<>();
        private final int servers;
        private final long service;
        private final Map<String, List<Long>> latencies = new HashMap<>();
        private final Map<String, Long> refusals = new HashMap<>();
        private final UpstreamGate gate;
        private double spread;
        private int busy;
        private final RetryBudget budget = new RetryBudget(20, 3);
        private long turnedAway;
        private long now = 1_000_000_000_000L;

        World(int servers, Duration service) {
            this.servers = servers;
            this.service = service.toNanos();
            this.gate = new UpstreamGate(Mappings.read(GateConfig.class, Map.of()), () -> now);
        }

        void forget() {
            latencies.clear();
            refusals.clear();
            turnedAway = 0;
        }

        void offer(String caller, double perSecond, Duration time) {
            var end = now + time.toNanos();
            arrivals(caller, perSecond, end);
            run(end);
        }

        void offerBoth(
                String one,
                double onePerSecond,
                String other,
                double otherPerSecond,
                Duration time) {
            var end = now + time.toNanos();
            arrivals(one, onePerSecond, end);
            arrivals(other, otherPerSecond, end);
            run(end);
        }

        long answered(String caller) {
            return latencies.getOrDefault(caller, List.of()).size();
        }

        long refused(String caller) {
            return refusals.getOrDefault(caller, 0L);
        }

        long percentile(int percent) {
            return percentile(latencies.values().stream().flatMap(List::stream).toList(), percent);
        }

        long percentile(String caller, int percent) {
            return percentile(latencies.getOrDefault(caller, List.of()), percent);
        }

        private static long percentile(List<Long> values, int percent) {
            var sorted = new ArrayList<>(values);
            Collections.sort(sorted);
            return sorted.get((sorted.size() - 1) * percent / 100);
        }

        private void arrivals(String caller, double perSecond, long end) {
            var at = now;
            while (true) {
                at += (long) (-Math.log(1 - random.nextDouble()) / perSecond * 1e9);
                if (at >= end) {
                    return;
                }
                schedule(at, () -> arrive(caller));
            }
        }

        private void run(long end) {
            while (!events.isEmpty() && events.peek().at <= end) {
                var event = events.poll();
                now = event.at;
                event.action.run();
            }
            now = end;
        }

        private void arrive(String caller) {
            var since = now;
            switch (gate.enter(caller, slot -> begin(new Job(caller, slot, since)))) {
                case Slot slot -> begin(new Job(caller, slot, since));
                case Full() -> refuse(caller);
                case Ticket ticket ->
                        schedule(
                                now + ticket.patience(WAIT).toNanos(),
                                () -> {
                                    if (ticket.tryGiveUp()) {
                                        refuse(caller);
                                    }
                                });
            }
        }

        private void refuse(String caller) {
            refusals.merge(caller, 1L, Long::sum);
        }

        private void begin(Job job) {
            budget.exchangeBegan();
            serve(job);
        }

        private void serve(Job job) {
            if (busy == servers) {
                schedule(now + REFUSAL, () -> turnAway(job));
                return;
            }
            busy++;
            schedule(
                    now + (long) (service * Math.exp(spread * random.nextGaussian())),
                    () -> {
                        busy--;
                        latencies
                                .computeIfAbsent(job.caller, _ -> new ArrayList<>())
                                .add(now - job.since);
                        budget.exchangeEnded();
                        job.slot.answered();
                    });
        }

        /// Does what the retry policy does, with an upstream that says "in a second".
        private void turnAway(Job job) {
            turnedAway++;
            job.slot.failed(new GatewayError.UpstreamOverloaded(RetryAdvice.NONE));
            var claim = job.slot.claim();
            if (claim == Claim.NONE || !budget.tryRetry(claim)) {
                budget.exchangeEnded();
                job.slot.leave();
                refuse(job.caller);
                return;
            }
            job.slot.stepOut();
            schedule(
                    now + RETRY_AFTER + random.nextLong(RETRY_JITTER),
                    () -> {
                        budget.retryEnded();
                        job.slot.stepIn();
                        serve(job);
                    });
        }

        private void schedule(long at, Runnable action) {
            events.add(new Event(at, random.nextLong(), action));
        }

        private record Job(String caller, Slot slot, long since) {}

        private record Event(long at, long tie, Runnable action) implements Comparable<Event> {

            @Override
            public int compareTo(Event other) {
                return at != other.at ? Long.compare(at, other.at) : Long.compare(tie, other.tie);
            }
        }
    }
}
