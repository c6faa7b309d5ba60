package com.alltkn.gateway.load.siege;

import com.alltkn.gateway.load.siege.Course.Besieged;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// Good and hostile traffic at once for a long time: each minute a few attacks at a fraction of
/// their pace, and at its end, when all is quiet, what memory is in use.
///
/// @param minutes how long
record Mixture(
        Machine machine,
        Besieged besieged,
        List<Attack> attacks,
        int minutes,
        int jsonRate,
        int streamRate) {

    private static final double PACE = 0.2;
    private static final int ATTACKS_A_MINUTE = 4;
    private static final Duration EACH = Duration.ofSeconds(12);
    private static final int TRAFFIC_SECONDS = 52;
    private static final Duration LONGEST_QUIETING = Duration.ofSeconds(20);

    /// By how much memory may seem to grow within the whole time, in MiB.
    private static final double FLAT = 8;

    /// What the first minutes take for good is no growth.
    private static final int IGNORED_SHARE = 5;

    void run() throws IOException, InterruptedException {
        IO.println(
                "%6s %8s %8s %8s %8s  %s"
                        .formatted("minute", "in use", "resident", "answers", "failed", "attacks"));
        var samples = new ArrayList<Sample>();
        var failed = 0L;
        for (var minute = 1; minute <= minutes; minute++) {
            machine.ask(besieged.gateway(), TRAFFIC_SECONDS, jsonRate, streamRate);
            var names = new ArrayList<String>();
            for (var i = 0; i < ATTACKS_A_MINUTE; i++) {
                var attack = attacks.get(((minute - 1) * ATTACKS_A_MINUTE + i) % attacks.size());
                names.add(attack.name());
                var siege = machine.attack(besieged.gateway(), attack, PACE);
                LockSupport.parkNanos(EACH.toNanos());
                siege.end();
            }
            var figures = machine.figures();
            failed += figures.failed();
            if (!besieged.gateway().isAlive() || !besieged.vitals().answers()) {
                throw new IllegalStateException("the gateway did not survive " + names);
            }
            awaitQuiet();
            var memory = besieged.vitals().memory();
            samples.add(new Sample(minute, memory));
            IO.println(
                    "%6d %8d %8d %8d %8d  %s %s"
                            .formatted(
                                    minute,
                                    memory,
                                    besieged.vitals().resident(),
                                    figures.answers(),
                                    figures.failed(),
                                    String.join(", ", names),
                                    figures.faults()));
        }
        var slope = slope(samples.subList(samples.size() / IGNORED_SHARE, samples.size()));
        IO.println(
                "memory in use changes by %+.2f MiB a minute, %+.1f MiB in %d minutes (flat: at most %.0f); %d failed"
                        .formatted(slope, slope * minutes, minutes, FLAT, failed));
        if (slope * minutes > FLAT || failed > 0) {
            throw new IllegalStateException("not as promised");
        }
    }

    private void awaitQuiet() throws IOException {
        var until = System.nanoTime() + LONGEST_QUIETING.toNanos();
        while (besieged.vitals().inFlight() > 0 && System.nanoTime() < until) {
            LockSupport.parkNanos(Duration.ofMillis(250).toNanos());
        }
    }

    /// Of the line that fits best, in MiB a minute.
    private static double slope(List<Sample> samples) {
        var meanMinute = samples.stream().mapToDouble(Sample::minute).average().orElse(0);
        var meanMemory = samples.stream().mapToDouble(Sample::memory).average().orElse(0);
        var together = 0.0;
        var spread = 0.0;
        for (var sample : samples) {
            together += (sample.minute - meanMinute) * (sample.memory - meanMemory);
            spread += (sample.minute - meanMinute) * (sample.minute - meanMinute);
        }
        return spread == 0 ? 0 : together / spread;
    }

    /// @param memory in use, in MiB
    private record Sample(int minute, long memory) {}
}
