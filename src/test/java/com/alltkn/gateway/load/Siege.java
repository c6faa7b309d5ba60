package com.alltkn.gateway.load;

import com.alltkn.gateway.load.siege.Course;
import java.io.IOException;

/// Attacks the packaged gateway in every way that [com.alltkn.gateway.load.siege] knows, each for a
/// while and one behind another, with well-behaved callers beside it; prints a table, and fails
/// where a promise is not kept. With `siege.minutes` it mixes all of them for so long and tells how
/// memory changes.
///
/// System properties change it: `siege.seconds` (60, of each attack), `siege.warmup` (30 s),
/// `siege.attacks` (names, with commas, a `*` at an end stands for the rest; all), `siege.minutes`
/// (0), `siege.heap` (512m), `siege.json` and `siege.streams` (50 and 10, how much well-behaved
/// callers ask in a second), and `gateway.executable` (a native executable).
public final class Siege {

    private Siege() {}

    /// Runs everything and prints the table.
    ///
    /// @param arguments none
    /// @throws IOException if something does not start
    /// @throws InterruptedException if the run is broken off
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (var course = new Course()) {
            course.run();
        }
    }
}
