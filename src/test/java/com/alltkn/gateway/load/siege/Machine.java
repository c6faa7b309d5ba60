package com.alltkn.gateway.load.siege;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Starts what takes part, each as a process of its own. Where `taskset` is on the path, the
/// gateway has one core to itself and everything else another, where attackers give way to the
/// rest.
final class Machine implements AutoCloseable {

    private static final String GATEWAY_CORE = "0";
    private static final String OTHER_CORE = "1";
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin/java") + "";

    private final boolean pins =
            isOnPath("taskset") && Runtime.getRuntime().availableProcessors() > 1;
    private final Path callersFile = MadeUpCallers.fileOf(Caller.file());
    private final List<Process> running = new ArrayList<>();
    private final int upstreamPort;
    private final BufferedReader figures;
    private final PrintWriter orders;

    Machine() throws IOException, InterruptedException {
        if (pins) {
            // This process, too, though it does little.
            var pid = Long.toString(ProcessHandle.current().pid());
            start(List.of("taskset", "-a", "-p", "-c", OTHER_CORE, pid)).waitFor();
        }
        var upstream = start(java(Upstream.class));
        upstreamPort = Integer.parseInt(upstream.inputReader(StandardCharsets.US_ASCII).readLine());
        var callers = start(java(HonestCallers.class));
        figures = callers.inputReader(StandardCharsets.UTF_8);
        orders = new PrintWriter(callers.outputWriter(StandardCharsets.US_ASCII), true);
    }

    boolean pins() {
        return pins;
    }

    /// Starts the gateway with everything on but the small health prompt, and with connections to
    /// upstream that soon go, so that what is left of an attack can be counted.
    GatewayProcess gateway(String heap) throws IOException {
        var settings = Files.createTempFile("settings", ".env");
        settings.toFile().deleteOnExit();
        Files.writeString(
                settings,
                "ALLTKN_API_KEY=sk-siege-0123456789abcdef\nALLTKN_BASE_URL=http://127.0.0.1:"
                        + upstreamPort
                        + "/api/v1\n");
        var options = new ArrayList<>(List.of("-Xmx" + heap));
        if (!GatewayProcess.isNative()) {
            options.add(Vitals.COUNTING);
        }
        return GatewayProcess.inProfile("test")
                .environment("GATEWAY_SOURCE", "file")
                .environment("GATEWAY_FILE_PATH", settings.toString())
                .environment("GATEWAY_CALLERS_FILE", callersFile.toString())
                .environment("GATEWAY_UPSTREAM_ALLOWED_HOSTS", "127.0.0.1")
                .environment("GATEWAY_UPSTREAM_KEEP_ALIVE", "2s")
                .environment("GATEWAY_HEALTH_PROMPT_ENABLED", "false")
                .through(pins ? List.of("taskset", "-c", GATEWAY_CORE) : List.of())
                .options(options.toArray(String[]::new))
                .withoutStdout()
                .measured()
                .start();
    }

    /// Begins an attack.
    Siegework attack(GatewayProcess gateway, Attack attack, double pace) throws IOException {
        var command = new ArrayList<String>();
        if (isOnPath("nice")) {
            command.addAll(List.of("nice", "-n", "10"));
        }
        command.addAll(java(Attacker.class));
        command.addAll(
                List.of(Integer.toString(gateway.port()), attack.name(), Double.toString(pace)));
        return new Siegework(start(command));
    }

    /// Lets well-behaved callers ask.
    void ask(GatewayProcess gateway, int seconds, int jsonRate, int streamRate) {
        orders.println(
                "%d %d %d %d %d"
                        .formatted(gateway.port(), upstreamPort, seconds, jsonRate, streamRate));
    }

    /// Waits until they are done.
    Figures figures() throws IOException {
        var line = figures.readLine();
        if (line == null) {
            throw new IllegalStateException("the well-behaved callers have ended");
        }
        return Figures.parse(line);
    }

    @Override
    public void close() {
        running.forEach(Process::destroyForcibly);
    }

    private List<String> java(Class<?> main) {
        var classes = Path.of("target", "test-classes").toAbsolutePath().toString();
        var command = new ArrayList<String>();
        if (pins) {
            command.addAll(List.of("taskset", "-c", OTHER_CORE));
        }
        command.addAll(
                List.of(JAVA, "-XX:+UseSerialGC", "-Xmx512m", "-cp", classes, main.getName()));
        return command;
    }

    private Process start(List<String> command) throws IOException {
        var process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        running.add(process);
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    private static boolean isOnPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(":", -1))
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }
}
