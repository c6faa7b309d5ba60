package com.alltkn.gateway.load.siege;

import java.util.Arrays;
import java.util.stream.Collectors;

/// What well-behaved callers saw in a span of time.
///
/// @param answers good ones
/// @param failed requests that got none
/// @param again requests that were sent again because the connection they were sent on, which had
///   been idle, was closed without a byte; no caller notices that
/// @param json latency of JSON
/// @param stream latency of streams, less the time that upstream takes for them
/// @param direct latency of the same JSON without the gateway in between
/// @param late by how much the callers themselves were late to send
/// @param faults the kinds of failures and how often each came
record Figures(
        long answers,
        long failed,
        long again,
        Quartiles json,
        Quartiles stream,
        Quartiles direct,
        Quartiles late,
        String faults) {

    static Figures parse(String line) {
        var words = line.split("\t", -1);
        return new Figures(
                Long.parseLong(words[0]),
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Quartiles.parse(words[3]),
                Quartiles.parse(words[4]),
                Quartiles.parse(words[5]),
                Quartiles.parse(words[6]),
                words[7]);
    }

    String line() {
        return "%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s"
                .formatted(
                        answers,
                        failed,
                        again,
                        json.line(),
                        stream.line(),
                        direct.line(),
                        late.line(),
                        faults);
    }

    /// How a number of times are spread, in milliseconds.
    record Quartiles(double p25, double p50, double p75, double p99) {

        static Quartiles of(long[] nanos) {
            var sorted = nanos.clone();
            Arrays.sort(sorted);
            return new Quartiles(
                    at(sorted, 0.25), at(sorted, 0.5), at(sorted, 0.75), at(sorted, 0.99));
        }

        static Quartiles parse(String line) {
            var all = Arrays.stream(line.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
            return new Quartiles(all[0], all[1], all[2], all[3]);
        }

        String line() {
            return Arrays.stream(new double[] {p25, p50, p75, p99})
                    .mapToObj(Double::toString)
                    .collect(Collectors.joining(" "));
        }

        @Override
        public String toString() {
            return "%.1f/%.1f/%.1f/%.1f".formatted(p25, p50, p75, p99);
        }

        private static double at(long[] sorted, double share) {
            return sorted.length == 0
                    ? 0
                    : sorted[(int) Math.round(share * (sorted.length - 1))] / 1e6;
        }
    }
}
