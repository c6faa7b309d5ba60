package com.alltkn.gateway.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/// The load generator, in a process of its own: takes one order at a time.
final class LoadProcess {

    private final BufferedReader results;
    private final PrintWriter orders;

    /// @param process runs [LoadGenerator]
    LoadProcess(Process process) {
        results = process.inputReader(StandardCharsets.US_ASCII);
        orders = new PrintWriter(process.outputWriter(StandardCharsets.US_ASCII), true);
    }

    /// Begins to ask.
    ///
    /// @param port where
    /// @param rate requests a second; 0: as many as the connections can
    /// @param before what is not counted yet
    /// @param during what is
    /// @param processes whose CPU time counts
    void begin(
            Workload workload,
            int port,
            int rate,
            Duration before,
            Duration during,
            List<Long> processes) {
        var words = Stream.of(workload.name(), port, rate, before.toMillis(), during.toMillis());
        orders.println(
                Stream.concat(words, processes.stream())
                        .map(String::valueOf)
                        .reduce((left, right) -> left + " " + right)
                        .orElseThrow());
    }

    /// Waits for the end of it.
    Measurement await() throws IOException {
        var line = results.readLine();
        if (line == null) {
            throw new IllegalStateException("the load generator has ended");
        }
        return Measurement.parse(line);
    }
}
