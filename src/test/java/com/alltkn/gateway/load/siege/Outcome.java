package com.alltkn.gateway.load.siege;

import com.alltkn.gateway.load.siege.Attacker.Effort;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/// What came of an attack.
///
/// @param name of the attack
/// @param effort of the attacker
/// @param figures of the well-behaved callers beside it
/// @param memory in use after it beyond what was before any, in MiB; empty where the gateway cannot
///   be asked any more
/// @param peak the most memory that was resident meanwhile, in MiB; empty likewise
/// @param broken the promises that were not kept
record Outcome(
        String name,
        Effort effort,
        Figures figures,
        OptionalLong memory,
        OptionalLong peak,
        List<String> broken) {

    static final String HEADER =
            """
            | attack | sent | connections | answers | failed | JSON p50, p99 | streams p99 | direct p99 | callers late p99 | memory | peak resident | |
            |---|---|---|---|---|---|---|---|---|---|---|---|\
            """;

    String row() {
        return String.format(
                Locale.ROOT,
                "| %s | %.1f MB | %d | %d | %d | %.1f, %.1f ms | %.1f ms | %.1f ms | %.1f ms | %s | %s | %s |",
                name,
                effort.sent() / 1e6,
                effort.opened(),
                figures.answers(),
                figures.failed(),
                figures.json().p50(),
                figures.json().p99(),
                figures.stream().p99(),
                figures.direct().p99(),
                figures.late().p99(),
                memory.isPresent() ? "%+d MiB".formatted(memory.getAsLong()) : "",
                peak.isPresent() ? peak.getAsLong() + " MiB" : "",
                broken.isEmpty() ? "" : "**" + String.join("; ", broken) + "**");
    }
}
