package com.alltkn.gateway.bench;

import com.alltkn.gateway.laboratory.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// Prints what the gateway costs beside a direct call and beside nginx, all in one run. System
/// properties change it: `bench.warmup`, `bench.window` and `bench.starts` (30 s and 10 s as
/// numbers, 5), `bench.workloads` (names from [Workload], with commas), `bench.jvm` (options of the
/// gateway's JVM) and `bench.redis` (whether a second gateway takes part, which shares its limits
/// in a Redis).
public final class Bench {

    private static final String[] COLUMNS = {
        "", "through", "per s", "CPU µs", "× nginx", "p50 ms", "p99 ms", "+ p50", "+ p99"
    };
    private static final OptionalDouble NONE = OptionalDouble.empty();

    private static final int MOST_WARM_UPS = 3;

    private final Duration warmup = Duration.ofSeconds(Integer.getInteger("bench.warmup", 30));
    private final Duration window = Duration.ofSeconds(Integer.getInteger("bench.window", 10));
    private final int starts = Integer.getInteger("bench.starts", 5);
    private final List<Workload> workloads = workloads();
    private final Servers servers;
    private final int upstreamPort;
    private final LoadProcess load;
    private final List<Way> ways = new ArrayList<>();

    private Bench(Servers servers) throws IOException {
        this.servers = servers;
        this.upstreamPort = servers.upstream();
        this.load = servers.load();
    }

    /// Runs everything and prints the table.
    ///
    /// @param arguments none
    /// @throws IOException if something does not start
    /// @throws InterruptedException if the run is broken off
    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (!Files.exists(Path.of("/proc/self/stat"))) {
            IO.println("The benchmark reads CPU times from /proc, which only Linux has.");
            return;
        }
        var options =
                Arrays.stream(System.getProperty("bench.jvm", "").split(" ", -1))
                        .filter(option -> !option.isEmpty())
                        .toList();
        var servers = new Servers(Path.of("target"), options);
        try {
            new Bench(servers).run();
        } finally {
            servers.stopAll();
        }
    }

    private void run() throws IOException, InterruptedException {
        printLoadAverage("before");
        var startup = startup();
        ways.add(new Way("direct", upstreamPort, List.of()));
        var nginxPort = FreePort.find();
        var nginx = servers.nginx(nginxPort, upstreamPort);
        if (nginx.isPresent()) {
            Inquiry.awaitAnswer(nginxPort);
            ways.add(new Way("nginx", nginxPort, withChildren(nginx.get())));
        } else {
            IO.println("There is no nginx on the path, so its rows are left out.");
        }
        var port = FreePort.find();
        var managementPort = FreePort.find();
        var gateway =
                servers.gateway(
                        port, managementPort, upstreamPort, servers.pinned(), OptionalInt.empty());
        Inquiry.awaitAnswer(port);
        var idle = ProcessFigures.residentMebibytes(List.of(gateway.pid()));
        ways.add(new Way("gateway", port, List.of(gateway.pid())));
        warmUp();
        var sharing = OptionalInt.empty();
        if (Boolean.getBoolean("bench.redis")) {
            sharing = OptionalInt.of(FreePort.find());
            addSharing(sharing.getAsInt());
            warmUp();
        }

        printMachine();
        print(COLUMNS);
        for (var workload : workloads) {
            row(workload);
        }
        IO.println();
        for (var way : ways) {
            if (!way.processes().isEmpty()) {
                IO.println(
                        way.name()
                                + ": "
                                + ProcessFigures.residentMebibytes(way.processes())
                                + " MiB resident after the load");
            }
        }
        IO.println("gateway: " + idle + " MiB resident before it");
        if (startup.isPresent()) {
            IO.println(
                    "gateway: first good answer "
                            + startup.get().toMillis()
                            + " ms after its start, median of "
                            + starts);
        }
        IO.println(
                "gateway: "
                        + servers.records()
                        + " records read, "
                        + (long) Inquiry.metric(managementPort, "gateway_records_dropped_total")
                        + " dropped");
        if (sharing.isPresent()) {
            var sharingPort = sharing.getAsInt();
            IO.println(
                    "+ redis: "
                            + (long)
                                    Inquiry.metric(
                                            sharingPort, "gateway_shared_state_failures_total")
                            + " times Redis did not answer in time, "
                            + (long) Inquiry.metric(sharingPort, "gateway_quota_own_share_total")
                            + " requests admitted without it");
        }
        printLoadAverage("after");
    }

    /// Adds a gateway that shares its limits with nobody, but in Redis; its CPU time counts, that
    /// of Redis does not.
    private void addSharing(int managementPort) throws IOException {
        var redisPort = FreePort.find();
        servers.redis(redisPort);
        var port = FreePort.find();
        var gateway =
                servers.gateway(
                        port,
                        managementPort,
                        upstreamPort,
                        servers.pinned(),
                        OptionalInt.of(redisPort));
        Inquiry.awaitAnswer(port);
        ways.add(new Way("+ redis", port, List.of(gateway.pid())));
    }

    /// The time from the start of the process to the first good answer through it, on all cores.
    private Optional<Duration> startup() throws IOException, InterruptedException {
        var times = new ArrayList<Duration>();
        for (var i = 0; i < starts; i++) {
            var port = FreePort.find();
            var start = System.nanoTime();
            var gateway =
                    servers.gateway(
                            port, FreePort.find(), upstreamPort, false, OptionalInt.empty());
            Inquiry.awaitAnswer(port);
            times.add(Duration.ofNanos(System.nanoTime() - start));
            servers.stop(gateway);
        }
        return times.stream().sorted().skip(times.size() / 2).findFirst();
    }

    /// Lets the gateway's JIT compiler do its work, and the load generator's beside it; nginx needs
    /// nothing. The compiler shares the core with what it compiles and, on a busy machine, with
    /// strangers: so it is CPU time that counts, up to a bound of wall time.
    private void warmUp() throws IOException {
        var slice = warmup.dividedBy(workloads.size());
        for (var workload : workloads) {
            var used = 0.0;
            for (var i = 0; i < MOST_WARM_UPS && used < slice.toNanos() / 1e3; i++) {
                used += measure(workload, ways.getLast(), 0, Duration.ZERO, slice).cpu();
            }
        }
    }

    private void row(Workload workload) throws IOException {
        var full = new ArrayList<Measurement>();
        for (var way : ways) {
            full.add(measure(workload, way, 0, workload.settled(), window));
        }
        var steady = new ArrayList<Measurement>();
        if (workload.steadyRate() > 0) {
            for (var way : ways) {
                steady.add(
                        measure(workload, way, workload.steadyRate(), workload.settled(), window));
            }
        } else if (workload.paced()) {
            steady.addAll(full);
        }
        IO.println();
        IO.println(
                workload.title()
                        + ": "
                        + workload.connections()
                        + " connections"
                        + (workload.steadyRate() > 0
                                ? "; latency at " + workload.steadyRate() + " requests/s"
                                : ""));
        var nginx =
                ways.get(1).name().equals("nginx")
                        ? OptionalDouble.of(full.get(1).cpuPerUnit(workload))
                        : NONE;
        for (var i = 0; i < ways.size(); i++) {
            print(workload, ways.get(i), full.get(i), nginx, steady, i);
        }
    }

    private static void print(
            Workload workload,
            Way way,
            Measurement full,
            OptionalDouble nginx,
            List<Measurement> steady,
            int i) {
        var cells = new ArrayList<String>();
        cells.add(workload.streams() ? "events" : "requests");
        cells.add(way.name());
        cells.add("%.0f".formatted(full.perSecond(workload)));
        var direct = way.processes().isEmpty();
        var cpu = full.cpuPerUnit(workload);
        cells.add(direct ? "" : "%.1f".formatted(cpu));
        cells.add(direct || nginx.isEmpty() ? "" : "%.1f".formatted(cpu / nginx.getAsDouble()));
        var failures = full.failures();
        if (!steady.isEmpty()) {
            var p50 = steady.get(i).p50();
            var p99 = steady.get(i).p99();
            cells.add(milliseconds(p50));
            cells.add(milliseconds(p99));
            cells.add(direct ? "" : milliseconds(p50 - steady.getFirst().p50()));
            cells.add(direct ? "" : milliseconds(p99 - steady.getFirst().p99()));
            failures += steady.get(i).equals(full) ? 0 : steady.get(i).failures();
        }
        while (cells.size() < COLUMNS.length) {
            cells.add("");
        }
        print(cells.toArray(String[]::new));
        if (failures > 0) {
            IO.println("  " + failures + " failures");
        }
    }

    private static String milliseconds(double microseconds) {
        return "%.2f".formatted(microseconds / 1e3);
    }

    private static void print(String... cells) {
        IO.println(
                "%-10s %-8s %8s %8s %8s %8s %8s %8s %8s"
                        .formatted((Object[]) cells)
                        .stripTrailing());
    }

    private Measurement measure(
            Workload workload, Way way, int rate, Duration before, Duration during)
            throws IOException {
        load.begin(workload, way.port(), rate, before, during, way.processes());
        return load.await();
    }

    static void printLoadAverage(String when) throws IOException {
        IO.println(
                "Load average " + when + ": " + Files.readString(Path.of("/proc/loadavg")).strip());
    }

    private void printMachine() throws IOException {
        var cpu =
                Files.readString(Path.of("/proc/cpuinfo"))
                        .lines()
                        .filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 2))
                        .findFirst()
                        .orElse(System.getProperty("os.arch"));
        IO.println(
                "%s, %d cores%s; Linux %s; Java %s; warm-up %d s, windows of %d s"
                        .formatted(
                                cpu,
                                Runtime.getRuntime().availableProcessors(),
                                servers.pinned()
                                        ? ", proxies on one, load and upstream on another"
                                        : ", nothing pinned",
                                System.getProperty("os.version"),
                                System.getProperty("java.version"),
                                warmup.toSeconds(),
                                window.toSeconds()));
    }

    /// A process with those it has started, once they are there.
    private static List<Long> withChildren(Process process) {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .map(ProcessHandle::pid)
                .toList();
    }

    private static List<Workload> workloads() {
        var names = System.getProperty("bench.workloads", "");
        return names.isEmpty()
                ? List.of(Workload.values())
                : Arrays.stream(names.split(",", -1))
                        .map(name -> Workload.valueOf(name.strip().toUpperCase(Locale.ROOT)))
                        .toList();
    }

    /// A way to the upstream.
    ///
    /// @param name as it stands in the table
    /// @param port where to ask
    /// @param processes whose CPU time counts
    private record Way(String name, int port, List<Long> processes) {}
}
