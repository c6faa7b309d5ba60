package com.alltkn.gateway.bench;

import com.alltkn.gateway.laboratory.FreePort;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;

/// Prints what open streams take of a pod with 1 GiB and one core: memory, CPU and delay. The heap
/// is collected before it is read, so that what is counted is in use.
public final class OpenStreams {

    /// What the image makes of such a pod.
    private static final List<String> POD =
            List.of("-XX:MaxRAM=1g", "-XX:MaxRAMPercentage=50", "-XX:+UseCompactObjectHeaders");

    private static final Duration WINDOW = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final double KIB = 1024;

    private final LoadProcess load;
    private final int port = FreePort.find();
    private final int managementPort = FreePort.find();
    private final Process gateway;

    private OpenStreams(Servers servers) throws IOException {
        var upstreamPort = servers.upstream();
        load = servers.load();
        gateway =
                servers.gateway(
                        port, managementPort, upstreamPort, servers.pinned(), OptionalInt.empty());
        Inquiry.awaitAnswer(port);
    }

    /// Measures and prints.
    ///
    /// @param arguments none
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var servers = new Servers(Path.of("target"), POD);
        try {
            new OpenStreams(servers).run();
        } finally {
            servers.stopAll();
        }
    }

    private void run() throws IOException, InterruptedException {
        Bench.printLoadAverage("before");
        for (var workload : List.of(Workload.SMALL, Workload.OPEN_STREAMS, Workload.SLOW_STREAMS)) {
            load.begin(workload, port, 0, workload.settled(), WINDOW, List.of());
            load.await();
        }
        print("streams", "KiB each", "resident MiB");
        awaitInFlight(0);
        var before = used();
        print("0", "", Long.toString(resident()));
        for (var workload : List.of(Workload.OPEN_STREAMS, Workload.SLOW_STREAMS)) {
            var streams = workload.connections();
            load.begin(workload, port, 0, workload.settled(), WINDOW, List.of(gateway.pid()));
            awaitInFlight(streams);
            var each = (used() - before) / streams / KIB;
            var resident = resident();
            var measured = load.await();
            if (measured.failures() > 0) {
                throw new IllegalStateException(measured.failures() + " failures");
            }
            print(Integer.toString(streams), "%.0f".formatted(each), Long.toString(resident));
            awaitInFlight(0);
        }
        Bench.printLoadAverage("after");
    }

    private void awaitInFlight(int streams) {
        var until = System.nanoTime() + WINDOW.toNanos();
        while (metric("gateway_exchanges_in_flight") != streams) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException(
                        "%d streams are wanted, %.0f exchanges under way"
                                .formatted(streams, metric("gateway_exchanges_in_flight")));
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /// The memory in use, on the heap and in buffers beside it, in bytes.
    private double used() throws IOException, InterruptedException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var collecting =
                new ProcessBuilder(jcmd, Long.toString(gateway.pid()), "GC.run")
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        if (collecting.waitFor() != 0) {
            throw new IllegalStateException("jcmd ended with " + collecting.exitValue());
        }
        return metric("jvm_memory_used_bytes{area=\"heap\"")
                + metric("jvm_buffer_memory_used_bytes");
    }

    private long resident() throws IOException {
        return ProcessFigures.residentMebibytes(List.of(gateway.pid()));
    }

    private double metric(String start) {
        return Inquiry.metric(managementPort, start);
    }

    private static void print(String... cells) {
        IO.println("%8s %9s %13s".formatted((Object[]) cells));
    }
}
