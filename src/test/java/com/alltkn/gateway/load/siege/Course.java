package com.alltkn.gateway.load.siege;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.load.siege.Attacker.Effort;
import com.alltkn.gateway.load.siege.Figures.Quartiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The course of a siege: warm-up, callers undisturbed, honest full load, and then one attack
/// behind another. A gateway that does not survive one is replaced for the next.
public final class Course implements AutoCloseable {

    /// How much more memory may be in use after an attack than before any, and how much more may be
    /// resident than at honest full load, in MiB.
    private static final long MORE_MEMORY = 64;

    /// How much later than without an attack one answer in a hundred may be, in milliseconds.
    private static final double LATER = 20;

    /// Open files that come and go without any attack.
    private static final int FILES_AT_ODDS = 16;

    private static final Duration LONGEST_SETTLING = Duration.ofSeconds(45);

    /// The grace of requests under way, and eight seconds.
    private static final Duration LONGEST_END = Duration.ofSeconds(38);

    private static final Duration CALM = Duration.ofSeconds(4);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);
    private static final double FULL_PACE = 1;

    private final int seconds = Integer.getInteger("siege.seconds", 60);
    private final int warmup = Integer.getInteger("siege.warmup", 30);
    private final int minutes = Integer.getInteger("siege.minutes", 0);
    private final int jsonRate = Integer.getInteger("siege.json", 50);
    private final int streamRate = Integer.getInteger("siege.streams", 10);
    private final String heap = System.getProperty("siege.heap", "512m");
    private final List<Attack> attacks = chosen(System.getProperty("siege.attacks", "*"));

    private final Machine machine = new Machine();
    private final List<Outcome> outcomes = new ArrayList<>();
    private @Nullable Besieged besieged;

    /// Whether the gateway did not survive the last attack, or survived it swollen: what it does
    /// not give back, the next attack would be blamed for.
    private boolean lost;

    /// Starts what the gateway stands between.
    ///
    /// @throws IOException if something does not start
    /// @throws InterruptedException if that is broken off
    public Course() throws IOException, InterruptedException {}

    /// Goes through all of it.
    ///
    /// @throws IOException if something does not start
    /// @throws InterruptedException if it is broken off
    public void run() throws IOException, InterruptedException {
        printMachine();
        if (minutes > 0) {
            new Mixture(machine, start(warmup), attacks, minutes, jsonRate, streamRate).run();
            return;
        }
        var gateway = start(warmup);
        var unloaded = callersAlone(gateway);
        var full = honestFullLoad(gateway);
        for (var attack : attacks) {
            outcome(under(attack, gateway, unloaded, full));
            gateway = stillThere(gateway);
        }
        IO.println("\n" + Outcome.HEADER);
        outcomes.forEach(outcome -> IO.println(outcome.row()));
        var broken =
                outcomes.stream()
                        .filter(outcome -> !outcome.broken().isEmpty())
                        .map(Outcome::name)
                        .toList();
        if (!broken.isEmpty()) {
            throw new IllegalStateException("not as promised: " + broken);
        }
    }

    @Override
    public void close() {
        if (besieged != null) {
            besieged.gateway.close();
        }
        machine.close();
    }

    private static List<Attack> chosen(String names) {
        var patterns = names.split(",", -1);
        var chosen =
                Attacks.ALL.stream()
                        .filter(attack ->
                                Arrays.stream(patterns)
                                        .anyMatch(pattern -> matches(attack, pattern)))
                        .toList();
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException(
                    "there are: " + Attacks.ALL.stream().map(Attack::name).toList());
        }
        return chosen;
    }

    private static boolean matches(Attack attack, String pattern) {
        return pattern.endsWith("*")
                ? attack.name().startsWith(pattern.substring(0, pattern.length() - 1))
                : attack.name().equals(pattern);
    }

    /// Starts a gateway and makes it and the callers warm.
    private Besieged start(int warmingSeconds) throws IOException, InterruptedException {
        var gateway = machine.gateway(heap).awaitReady();
        var vitals = new Vitals(gateway);
        besieged = new Besieged(gateway, vitals, 0, 0);
        var load = machine.attack(gateway, Attacks.FULL_LOAD, FULL_PACE);
        machine.ask(gateway, warmingSeconds, jsonRate, streamRate);
        var figures = machine.figures();
        load.end();
        settle(vitals, Integer.MAX_VALUE);
        LockSupport.parkNanos(CALM.toNanos());
        var idle = new Besieged(gateway, vitals, vitals.memory(), vitals.files());
        besieged = idle;
        IO.println(
                "warm after %d s (%d answers, %d failed); idle: %d MiB in use, %d resident, %d files"
                        .formatted(
                                warmingSeconds,
                                figures.answers(),
                                figures.failed(),
                                idle.memory,
                                vitals.resident(),
                                idle.files));
        return idle;
    }

    private Figures callersAlone(Besieged idle) throws IOException, InterruptedException {
        idle.vitals.forgetPeak();
        machine.ask(idle.gateway, seconds, jsonRate, streamRate);
        var figures = machine.figures();
        outcome(judged("nobody else", idle, Effort.NONE, figures, figures, Long.MAX_VALUE));
        return figures;
    }

    /// @return the most memory that was resident, in MiB
    private long honestFullLoad(Besieged idle) throws IOException, InterruptedException {
        idle.vitals.forgetPeak();
        var load = machine.attack(idle.gateway, Attacks.FULL_LOAD, FULL_PACE);
        machine.ask(idle.gateway, seconds, jsonRate, streamRate);
        var figures = machine.figures();
        var peak = idle.vitals.peak();
        var effort = load.end();
        settle(idle.vitals, idle.files);
        // It is what the rest is compared with, so that it promises nothing.
        outcome(
                new Outcome(
                        Attacks.FULL_LOAD.name(),
                        effort,
                        figures,
                        OptionalLong.of(idle.vitals.memory() - idle.memory),
                        OptionalLong.of(peak),
                        List.of()));
        return peak;
    }

    private Outcome under(Attack attack, Besieged idle, Figures unloaded, long full)
            throws IOException, InterruptedException {
        IO.println("%s: %s, %d s".formatted(attack.name(), attack.what(), seconds));
        idle.vitals.forgetPeak();
        machine.ask(idle.gateway, seconds, jsonRate, streamRate);
        var siege = machine.attack(idle.gateway, attack, FULL_PACE);
        var figures = machine.figures();
        return judged(attack.name(), idle, siege.end(), figures, unloaded, full);
    }

    private Outcome judged(
            String name, Besieged idle, Effort effort, Figures figures, Figures unloaded, long full)
            throws IOException, InterruptedException {
        var broken = new ArrayList<String>();
        var memory = OptionalLong.empty();
        var peak = OptionalLong.empty();
        lost = !idle.gateway.isAlive() || !idle.vitals.answers();
        if (!idle.gateway.isAlive()) {
            broken.add("ended with " + idle.gateway.awaitExit(CALM));
        } else if (lost) {
            broken.add("answers nobody, and " + (ends(idle.gateway) ? "ends" : "does not end"));
        } else {
            try {
                peak = OptionalLong.of(idle.vitals.peak());
                if (!settle(idle.vitals, idle.files)) {
                    broken.add(
                            "%d under way, %d files (%d before)"
                                    .formatted(
                                            idle.vitals.inFlight(),
                                            idle.vitals.files(),
                                            idle.files));
                }
                memory = OptionalLong.of(idle.vitals.memory() - idle.memory);
            } catch (IOException e) {
                broken.add("cannot be asked: " + e.getMessage());
                lost = true;
            }
        }
        if (figures.failed() > 0) {
            broken.add("failed: " + figures.faults());
        }
        if (isLate(figures.json(), unloaded.json(), figures, unloaded)) {
            broken.add("JSON is late");
        }
        if (isLate(figures.stream(), unloaded.stream(), figures, unloaded)) {
            broken.add("streams are late");
        }
        if (memory.orElse(0) > MORE_MEMORY) {
            broken.add("memory in use");
            lost = true;
        }
        if (peak.orElse(0) - MORE_MEMORY > full) {
            broken.add("resident memory");
            lost = true;
        }
        return new Outcome(name, effort, figures, memory, peak, broken);
    }

    /// Whether it ends in time when it is told to.
    private static boolean ends(GatewayProcess gateway) throws InterruptedException {
        gateway.terminate();
        var until = System.nanoTime() + LONGEST_END.toNanos();
        while (gateway.isAlive() && System.nanoTime() < until) {
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        }
        return !gateway.isAlive();
    }

    /// Whether answers are later than promised, by more than what comes directly from upstream is.
    private static boolean isLate(
            Quartiles these, Quartiles before, Figures figures, Figures unloaded) {
        var machine = Math.max(0, figures.direct().p99() - unloaded.direct().p99());
        return these.p99() > before.p99() + LATER + machine;
    }

    private void outcome(Outcome outcome) {
        outcomes.add(outcome);
        var figures = outcome.figures();
        IO.println(outcome.row());
        IO.println(
                "  quartiles and p99 in ms: JSON %s, streams %s, direct %s, callers late %s; sent again %d; attacker: %.1f MB and %d answers received, %d of %d connections closed"
                        .formatted(
                                figures.json(),
                                figures.stream(),
                                figures.direct(),
                                figures.late(),
                                figures.again(),
                                outcome.effort().received() / 1e6,
                                outcome.effort().answers(),
                                outcome.effort().closed(),
                                outcome.effort().opened()));
    }

    /// The same gateway, or another where it is lost.
    private Besieged stillThere(Besieged idle) throws IOException, InterruptedException {
        if (!lost) {
            return idle;
        }
        idle.gateway
                .stderr()
                .lines()
                .filter(line -> line.contains("OutOfMemory"))
                .limit(3)
                .forEach(line -> IO.println("  " + line));
        idle.gateway.close();
        IO.println("  another gateway is started");
        return start(warmup);
    }

    /// Waits until nothing is left of an attack.
    ///
    /// @return whether it came to that
    private static boolean settle(Vitals vitals, int files)
            throws IOException, InterruptedException {
        var until = System.nanoTime() + LONGEST_SETTLING.toNanos();
        while (vitals.inFlight() > 0 || vitals.files() - FILES_AT_ODDS > files) {
            if (System.nanoTime() > until) {
                return false;
            }
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        }
        return true;
    }

    private void printMachine() throws IOException {
        IO.println(
                "%d attacks%s; a heap of %s, %s; %d requests of JSON and %d streams a second of well-behaved callers"
                        .formatted(
                                attacks.size(),
                                minutes > 0
                                        ? ", mixed for %d min".formatted(minutes)
                                        : " of %d s".formatted(seconds),
                                heap,
                                machine.pins() ? "on a core of its own" : "not pinned to a core",
                                jsonRate,
                                streamRate));
        IO.println("Load average: " + Files.readString(Path.of("/proc/loadavg")).strip());
    }

    /// A gateway, and what it was like before any attack.
    ///
    /// @param memory in use, in MiB
    /// @param files that were open
    record Besieged(GatewayProcess gateway, Vitals vitals, long memory, int files) {}
}
