package com.alltkn.gateway.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/// What one window showed.
///
/// @param requests answers that ended in it
/// @param events events that arrived in it
/// @param failures answers that were not good, and connections lost
/// @param seconds its length
/// @param p50 median latency in µs: of answers, or of events where upstream sets the pace
/// @param p99 the 99th percentile of the same
/// @param cpu CPU time the watched processes used in it, in µs
record Measurement(
        long requests,
        long events,
        long failures,
        double seconds,
        double p50,
        double p99,
        double cpu) {

    /// The units of a workload: events of streams, else requests.
    double count(Workload workload) {
        return workload.streams() ? events : requests;
    }

    double perSecond(Workload workload) {
        return count(workload) / seconds;
    }

    double cpuPerUnit(Workload workload) {
        return cpu / count(workload);
    }

    /// One line that `parse` reads.
    String line() {
        return "requests=%d events=%d failures=%d seconds=%f p50=%f p99=%f cpu=%f"
                .formatted(requests, events, failures, seconds, p50, p99, cpu);
    }

    static Measurement parse(String line) {
        Map<String, String> fields =
                Arrays.stream(line.split(" ", -1))
                        .map(field -> field.split("=", 2))
                        .collect(Collectors.toMap(field -> field[0], field -> field[1]));
        return new Measurement(
                Long.parseLong(fields.get("requests")),
                Long.parseLong(fields.get("events")),
                Long.parseLong(fields.get("failures")),
                Double.parseDouble(fields.get("seconds")),
                Double.parseDouble(fields.get("p50")),
                Double.parseDouble(fields.get("p99")),
                Double.parseDouble(fields.get("cpu")));
    }
}
