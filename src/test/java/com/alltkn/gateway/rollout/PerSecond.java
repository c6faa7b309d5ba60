package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.IntStream;

/// How often something happened in each second since the epoch of a simulation.
final class PerSecond {

    private int[] counts = new int[4096];

    void count(Instant at) {
        var second = second(at);
        if (second >= counts.length) {
            counts = Arrays.copyOf(counts, 2 * second);
        }
        counts[second]++;
    }

    int total(Instant from, Instant until) {
        return window(from, until).sum();
    }

    double mean(Instant from, Instant until) {
        return total(from, until) / (double) Duration.between(from, until).toSeconds();
    }

    /// @return the most in one second
    int peak(Instant from, Instant until) {
        return window(from, until).max().orElse(0);
    }

    private IntStream window(Instant from, Instant until) {
        return IntStream.range(second(from), Math.min(second(until), counts.length))
                .map(second -> counts[second]);
    }

    private static int second(Instant at) {
        return Math.toIntExact(at.getEpochSecond());
    }
}
