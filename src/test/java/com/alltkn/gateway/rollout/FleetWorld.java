package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What is so outside a fleet, and when: all of it is known before the first pod begins, and no pod
/// changes it. So the pods can be played one after the other, each on a clock of its own.
final class FleetWorld {

    /// What is written, the first one at the beginning.
    final TreeMap<Instant, String> keys = new TreeMap<>();

    final List<Span> vaultDown = new ArrayList<>();
    final List<Span> upstreamDown = new ArrayList<>();

    /// From when upstream refuses a key.
    final Map<String, Instant> refused = new HashMap<>();

    /// When callers ask through every pod, once a second; none of it is counted.
    final List<Span> traffic = new ArrayList<>();

    List<String> environments = List.of("prod");

    FleetWorld(String firstKey) {
        keys.put(Instant.EPOCH, firstKey);
    }

    static Instant at(Duration sinceTheBeginning) {
        return Instant.EPOCH.plus(sinceTheBeginning);
    }

    boolean isVaultDown(Instant at) {
        return vaultDown.stream().anyMatch(span -> span.holds(at));
    }

    /// @return what upstream says of a key
    PromptAnswer verdict(String key, Instant at) {
        if (upstreamDown.stream().anyMatch(span -> span.holds(at))) {
            return RolloutSimulation.FAILED;
        }
        return at.isBefore(refused.getOrDefault(key, Instant.MAX))
                ? RolloutSimulation.GOOD
                : RolloutSimulation.REFUSED;
    }

    /// @return the key that the source's newest version holds at last
    String newestKey() {
        return keys.lastEntry().getValue();
    }

    /// From the first instant until before the last.
    record Span(Instant from, Instant until) {

        static Span of(Duration from, Duration until) {
            return new Span(at(from), at(until));
        }

        boolean holds(Instant at) {
            return !at.isBefore(from) && at.isBefore(until);
        }
    }
}
