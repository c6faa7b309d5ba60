package com.alltkn.gateway.bench;

import com.alltkn.gateway.laboratory.Container;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/// Prints how long the gateway takes from its start to its first good answer, with a Vault and an
/// upstream that speak TLS, and what is resident then: the image without its cache, the image, and
/// the native executable where there is one. The system property `startup.starts` (5) says how
/// often each is started.
public final class Startup {

    private static final Duration LONGEST_START = Duration.ofSeconds(60);
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(5);

    /// What the JVM makes of a pod with 512 MiB.
    private static final String POD = "-XX:MaxRAM=512m -XX:+UseSerialGC";

    private Startup() {}

    /// Measures and prints.
    ///
    /// @param arguments none
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var image = Path.of("target", "image");
        var work = Files.createTempDirectory(image, "startup");
        print("", "first answer ms", "resident MiB");
        try (var production = Production.start()) {
            for (var tar : List.of("untrained", "alltkn-gateway")) {
                var container = Container.unpack(image.resolve(tar + ".tar"), work.resolve(tar));
                measure(
                        tar.equals("untrained") ? "JVM" : "JVM, AOT cache",
                        production,
                        () ->
                                production
                                        .gateway()
                                        .in(container)
                                        .environment("JAVA_TOOL_OPTIONS", POD)
                                        .start());
            }
            List<Path> executables;
            try (var files = Files.list(Path.of("target"))) {
                executables = files.filter(file -> file.toString().endsWith("-runner")).toList();
            }
            for (var executable : executables) {
                System.setProperty("gateway.executable", executable.toString());
                measure("native", production, () -> production.gateway().start());
            }
        }
    }

    private static void measure(String name, Production production, Start start)
            throws IOException, InterruptedException {
        var times = new ArrayList<Long>();
        var sizes = new ArrayList<Long>();
        for (var i = 0; i < Integer.getInteger("startup.starts", 5); i++) {
            var begin = System.nanoTime();
            try (var gateway = start.now()) {
                while (!isAnswered(production, gateway)) {
                    if (System.nanoTime() - begin > LONGEST_START.toNanos()) {
                        throw new IllegalStateException("no good answer: " + gateway.stderr());
                    }
                    LockSupport.parkNanos(BETWEEN_TRIES.toNanos());
                }
                times.add((System.nanoTime() - begin) / 1_000_000);
                sizes.add(ProcessFigures.residentMebibytes(processes(gateway)));
            }
        }
        print(name, median(times), median(sizes));
    }

    private static boolean isAnswered(Production production, GatewayProcess gateway) {
        try {
            var request =
                    production.post("/v1/chat/completions", "{\"model\":\"m\",\"messages\":[]}");
            return gateway.send(request).status() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /// The gateway's own process, not the one that started its container.
    private static List<Long> processes(GatewayProcess gateway) {
        var started =
                ProcessHandle.of(gateway.pid()).orElseThrow().descendants().map(ProcessHandle::pid);
        var processes = started.toList();
        return processes.isEmpty() ? List.of(gateway.pid()) : processes;
    }

    private static String median(List<Long> values) {
        var all = values.stream().sorted().toList();
        return all.get(all.size() / 2) + "  (" + all.getFirst() + " to " + all.getLast() + ")";
    }

    private static void print(String... cells) {
        IO.println("%-16s %-22s %s".formatted((Object[]) cells).stripTrailing());
    }

    /// One of the ways to start a gateway.
    @FunctionalInterface
    private interface Start {

        GatewayProcess now();
    }
}
