package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.FleetWorld.Span;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Plays a fleet of pods against one Vault and one upstream, through good and bad times, and prints
/// what it asks of either and how long a change takes to reach every pod. The same seed gives the
/// same figures on any machine: no time passes but on the pods' clocks.
///
/// Prompts are those that verify; the schedule of the health prompt is not in it.
final class FleetSimulation {

    static final String OLD = "key-number-one";
    static final String NEW = "key-number-two";

    /// By then the pods have come apart.
    static final Duration BEGIN = Duration.ofMinutes(10);

    static final List<String> ALONE = List.of("prod");
    static final List<String> REGISTERED = List.of("prod", "staging", "test");

    static final Duration MINUTE = Duration.ofMinutes(1);
    static final Duration FIRST = Duration.ofSeconds(3);
    static final Duration HOUR = Duration.ofHours(1);

    // Held, or the level would be forgotten.
    private static final List<Logger> QUIET =
            List.of(Logger.getLogger("com.alltkn.gateway"), Logger.getLogger("io.quarkus.vault"));

    private static final int PODS = 1000;
    private static final long SEED = 20260101;

    private FleetSimulation() {}

    /// Prints the table.
    ///
    /// @param arguments none
    public static void main(String[] arguments) {
        // Each pod tells of every transition, and each client of every short lease.
        QUIET.forEach(logger -> logger.setLevel(Level.OFF));
        IO.println(PODS + " pods, seed " + SEED);
        IO.println(
                "| | calls to Vault, mean/s | peak | logins | prompts | peak/s | most per pod"
                        + " | newest key serves: median | p99 | last |");
        IO.println("|---|---|---|---|---|---|---|---|---|---|");
        var began = System.nanoTime();
        scenarios().parallelStream()
                .map(scenario -> scenario.play(PODS, SEED).row(scenario.name))
                .forEachOrdered(IO::println);
        IO.println("played in " + (System.nanoTime() - began) / 1_000_000_000 + " s");
    }

    static List<Scenario> scenarios() {
        return List.of(
                steady(Duration.ofHours(6)),
                startOfAll(),
                rotation("a rotation", ALONE),
                rotation("the same, 3 environments in the registry", REGISTERED),
                vaultOutage(),
                upstreamOutage(),
                badKey(),
                deadKey("the key dies under traffic, nothing newer: 3 s", Duration.ZERO, FIRST),
                deadKey("the hour after them", FIRST, HOUR),
                deadKeyWithANewerOne("the key dies under traffic, a newer one is unseen", ALONE),
                deadKeyWithANewerOne("the same, 3 environments in the registry", REGISTERED));
    }

    static Scenario steady(Duration time) {
        return new Scenario(
                "all well for " + time.toHours() + " h",
                new FleetWorld(OLD),
                BEGIN,
                BEGIN.plus(time),
                false);
    }

    static Scenario startOfAll() {
        return new Scenario(
                "all start within a minute",
                new FleetWorld(OLD),
                Duration.ZERO,
                MINUTE.multipliedBy(2),
                false);
    }

    static Scenario rotation(String name, List<String> environments) {
        var world = new FleetWorld(OLD);
        world.environments = environments;
        world.keys.put(FleetWorld.at(BEGIN), NEW);
        return new Scenario(name, world, BEGIN, BEGIN.plus(HOUR), true);
    }

    /// The new key is written in the moment in which Vault is back.
    static Scenario vaultOutage() {
        var back = BEGIN.plus(HOUR);
        var world = new FleetWorld(OLD);
        world.vaultDown.add(Span.of(BEGIN, back));
        world.keys.put(FleetWorld.at(back), NEW);
        return new Scenario(
                "Vault down for an hour, then a rotation",
                world,
                BEGIN,
                back,
                back.plus(HOUR),
                true);
    }

    /// Every pod starts while upstream is down.
    static Scenario upstreamOutage() {
        var world = new FleetWorld(OLD);
        var back = HOUR;
        world.upstreamDown.add(Span.of(Duration.ZERO, back));
        world.traffic.add(Span.of(back.minus(MINUTE), back.plus(BEGIN)));
        return new Scenario(
                "upstream down for an hour, all start in it",
                world,
                BEGIN,
                back,
                back.plus(BEGIN),
                true);
    }

    static Scenario badKey() {
        var world = new FleetWorld(OLD);
        world.keys.put(FleetWorld.at(BEGIN), NEW);
        world.refused.put(NEW, Instant.EPOCH);
        return new Scenario("a bad key", world, BEGIN, BEGIN.plus(HOUR), false);
    }

    static Scenario deadKey(String name, Duration after, Duration time) {
        var world = new FleetWorld(OLD);
        world.refused.put(OLD, FleetWorld.at(BEGIN));
        world.traffic.add(Span.of(BEGIN, BEGIN.plus(after).plus(time)));
        var from = BEGIN.plus(after);
        return new Scenario(name, world, from, from.plus(time), false);
    }

    static Scenario deadKeyWithANewerOne(String name, List<String> environments) {
        var world = new FleetWorld(OLD);
        world.environments = environments;
        world.refused.put(OLD, FleetWorld.at(BEGIN));
        world.keys.put(FleetWorld.at(BEGIN), NEW);
        world.traffic.add(Span.of(BEGIN, BEGIN.plus(HOUR)));
        return new Scenario(name, world, BEGIN, BEGIN.plus(MINUTE), true);
    }

    /// @param from where counting begins
    /// @param change from when on it is measured how long the newest key takes
    /// @param until where both end
    /// @param converges whether every pod is to end on the newest key
    record Scenario(
            String name,
            FleetWorld world,
            Duration from,
            Duration change,
            Duration until,
            boolean converges) {

        Scenario(String name, FleetWorld world, Duration from, Duration until, boolean converges) {
            this(name, world, from, from, until, converges);
        }

        Figures play(int count, long seed) {
            var random = new SplittableRandom(seed);
            var vault = new FleetVault(world);
            var prompts = new PerSecond();
            var mostPrompts = 0;
            var times = new ArrayList<Duration>();
            for (var i = 0; i < count; i++) {
                var spread = MINUTE.toNanos() * random.nextDouble();
                var start = Instant.EPOCH.plusNanos(Math.round(spread));
                var pod = new FleetPod(world, vault, prompts, start, random.split());
                pod.runUntil(FleetWorld.at(from));
                var before = pod.prompts();
                pod.runUntil(FleetWorld.at(until));
                mostPrompts = Math.max(mostPrompts, pod.prompts() - before);
                if (converges) {
                    times.add(
                            Duration.between(
                                    FleetWorld.at(change), pod.onNewestKey().orElseThrow()));
                }
            }
            return new Figures(
                    vault,
                    prompts,
                    mostPrompts,
                    times.stream().sorted().toList(),
                    FleetWorld.at(from),
                    FleetWorld.at(until));
        }
    }

    /// What came of a scenario.
    record Figures(
            FleetVault vault,
            PerSecond prompts,
            int mostPrompts,
            List<Duration> times,
            Instant from,
            Instant until) {

        String row(String name) {
            return String.format(
                    Locale.ROOT,
                    "| %s | %.0f | %d | %d | %d | %d | %d | %s | %s | %s |",
                    name,
                    vault.calls.mean(from, until),
                    vault.calls.peak(from, until),
                    vault.logins.total(from, until),
                    prompts.total(from, until),
                    prompts.peak(from, until),
                    mostPrompts,
                    seconds(quantile(0.5)),
                    seconds(quantile(0.99)),
                    seconds(quantile(1)));
        }

        /// @return the time that this share of the pods took at most; empty where none was to come
        Optional<Duration> quantile(double share) {
            return times.isEmpty()
                    ? Optional.empty()
                    : Optional.of(times.get((int) Math.ceil(share * times.size()) - 1));
        }

        private static String seconds(Optional<Duration> time) {
            return time.map(t -> String.format(Locale.ROOT, "%.1f s", t.toMillis() / 1e3))
                    .orElse("");
        }
    }
}
