package com.alltkn.gateway.bench;

import com.alltkn.gateway.laboratory.FreePort;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
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
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// Prints what the gateway costs beside a direct call and beside nginx, all in one run. System
/// properties change it: `bench.warmup`, `bench.window` and `bench.starts` (30 s and 10 s as
/// numbers, 5), `bench.workloads` (names from [Workload], with commas), `bench.jvm` (options of the
/// gateway's JVM) and `bench.redis` (whether a second gateway takes part, which shares its limits
/// in a Redis).
public final class Bench {

    /// Before each window: connections come up and queues settle.
    private static final Duration SETTLE = Duration.ofSeconds(2);

    private static final String[] COLUMNS = {
        "", "through", "per s", "CPU µs", "× nginx", "p50 ms", "p99 ms", "+ p50", "+ p99"
    };
    private static final OptionalDouble NONE = OptionalDouble.empty();

    private static final int MOST_WARM_UPS = 3;
    private static final Duration LONGEST_START = Duration.ofSeconds(60);
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(5);

    private final Duration warmup = Duration.ofSeconds(Integer.getInteger("bench.warmup", 30));
    private final Duration window = Duration.ofSeconds(Integer.getInteger("bench.window", 10));
    private final int starts = Integer.getInteger("bench.starts", 5);
    private final List<Workload> workloads = workloads();
    private final Servers servers;
    private final int upstreamPort;
    private final BufferedReader results;
    private final PrintWriter orders;
    private final List<Way> ways = new ArrayList<>();

    private Bench(Servers servers) throws IOException {
        this.servers = servers;
        var upstream = servers.java(BenchUpstream.class);
        this.upstreamPort = Integer.parseInt(reader(upstream).readLine());
        var load = servers.java(LoadGenerator.class);
        this.results = reader(load);
        this.orders = new PrintWriter(load.outputWriter(StandardCharsets.US_ASCII), true);
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
        IO.println("Load average before: " + Files.readString(Path.of("/proc/loadavg")).strip());
        var startup = startup();
        ways.add(new Way("direct", upstreamPort, List.of()));
        var nginxPort = FreePort.find();
        var nginx = servers.nginx(nginxPort, upstreamPort);
        if (nginx.isPresent()) {
            awaitAnswer(nginxPort);
            ways.add(new Way("nginx", nginxPort, withChildren(nginx.get())));
        } else {
            IO.println("There is no nginx on the path, so its rows are left out.");
        }
        var port = FreePort.find();
        var managementPort = FreePort.find();
        var gateway =
                servers.gateway(
                        port, managementPort, upstreamPort, servers.pinned(), OptionalInt.empty());
        awaitAnswer(port);
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
                        + metric(managementPort, "gateway_records_dropped_total")
                        + " dropped");
        if (sharing.isPresent()) {
            IO.println(
                    "+ redis: "
                            + metric(sharing.getAsInt(), "gateway_shared_state_failures_total")
                            + " times Redis did not answer in time, "
                            + metric(sharing.getAsInt(), "gateway_quota_own_share_total")
                            + " requests admitted without it");
        }
        IO.println("Load average after: " + Files.readString(Path.of("/proc/loadavg")).strip());
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
        awaitAnswer(port);
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
            awaitAnswer(port);
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
            full.add(measure(workload, way, 0, SETTLE, window));
        }
        var steady = new ArrayList<Measurement>();
        if (workload.steadyRate() > 0) {
            for (var way : ways) {
                steady.add(measure(workload, way, workload.steadyRate(), SETTLE, window));
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
        orders.println(
                Stream.concat(
                                Stream.of(
                                        workload.name(),
                                        Integer.toString(way.port()),
                                        Integer.toString(rate),
                                        Long.toString(before.toMillis()),
                                        Long.toString(during.toMillis())),
                                way.processes().stream().map(String::valueOf))
                        .reduce((left, right) -> left + " " + right)
                        .orElseThrow());
        var line = results.readLine();
        if (line == null) {
            throw new IllegalStateException("the load generator has ended");
        }
        return Measurement.parse(line);
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

    /// Asks until the answer is good.
    private static void awaitAnswer(int port) {
        var until = System.nanoTime() + LONGEST_START.toNanos();
        while (!isAnswered(port)) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("no good answer on port " + port);
            }
            LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
        }
    }

    private static boolean isAnswered(int port) {
        return exchange(port, Workload.SMALL.request(port))
                .filter(answer -> answer.startsWith("HTTP/1.1 200 "))
                .isPresent();
    }

    /// What the gateway itself counts.
    private static String metric(int managementPort, String name) {
        var request =
                "GET /q/metrics HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/plain\r\n"
                        + "connection: close\r\n\r\n";
        return exchange(managementPort, request.getBytes(StandardCharsets.US_ASCII))
                .flatMap(text -> text.lines().filter(line -> line.startsWith(name)).findFirst())
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .orElse("an unknown number");
    }

    /// The first bytes of an answer, or all of it where the connection ends with it.
    private static Optional<String> exchange(int port, byte[] request) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            socket.getOutputStream().write(request);
            var close = new String(request, StandardCharsets.ISO_8859_1).contains(": close\r\n");
            var answer =
                    close
                            ? socket.getInputStream().readAllBytes()
                            : socket.getInputStream().readNBytes("HTTP/1.1 200 ".length());
            return Optional.of(new String(answer, StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
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

    private static BufferedReader reader(Process process) {
        return process.inputReader(StandardCharsets.US_ASCII);
    }

    /// A way to the upstream.
    ///
    /// @param name as it stands in the table
    /// @param port where to ask
    /// @param processes whose CPU time counts
    private record Way(String name, int port, List<Long> processes) {}
}
