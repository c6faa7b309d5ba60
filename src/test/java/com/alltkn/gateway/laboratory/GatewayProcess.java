package com.alltkn.gateway.laboratory;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// The packaged application as a process of its own, on free loopback ports, in an empty directory
/// and with an environment that holds nothing but what a test gives it. Told to end, it waits for
/// no Kubernetes.
///
/// It is the jar in `target`, or the executable that the system property `gateway.executable`
/// names, or a container. Whatever a test does, the process ends with [#close()] or with the test's
/// own.
public final class GatewayProcess implements AutoCloseable {

    /// The exit code of a process that was asked to end.
    public static final int SIGTERM = 128 + 15;

    /// The exit code of a process that was killed.
    public static final int SIGKILL = 128 + 9;

    private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");
    private static final String EXECUTABLE = "gateway.executable";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Process process;
    private final Path directory;
    private final int port;
    private final int managementPort;
    private final Output stdout;
    private final Output stderr;

    private GatewayProcess(Launch launch) throws IOException {
        directory = Files.createTempDirectory("gateway");
        port = FreePort.find();
        managementPort = FreePort.find();
        var environment = new TreeMap<String, String>();
        environment.put("PATH", System.getenv("PATH"));
        environment.put("QUARKUS_PROFILE", launch.profile);
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
        environment.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(managementPort));
        environment.put("QUARKUS_SHUTDOWN_DELAY", "0S");
        environment.putAll(launch.environment);
        var builder = new ProcessBuilder(launch.command(environment));
        builder.directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        if (!launch.writesStdout) {
            builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
        }
        process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
        stdout = new Output(process.getInputStream(), launch.readsStdout);
        stderr = new Output(process.getErrorStream(), true);
    }

    /// A process that is still to be started.
    ///
    /// @param profile its profile
    public static Launch inProfile(String profile) {
        return new Launch(profile);
    }

    /// Whether it is a native executable.
    public static boolean isNative() {
        return System.getProperty(EXECUTABLE) != null;
    }

    /// The id that the system knows it by.
    public long pid() {
        return process.pid();
    }

    /// The port for callers.
    public int port() {
        return port;
    }

    /// The port for probes and meters.
    public int managementPort() {
        return managementPort;
    }

    /// Opens a connection of a caller.
    public RawHttp connect() throws IOException {
        return RawHttp.connect(port);
    }

    /// Sends one request on a connection of its own.
    public RawResponse send(String request) throws IOException {
        try (var connection = connect()) {
            return connection.send(request).read(PATIENCE);
        }
    }

    /// Reads a path of the management port.
    public RawResponse management(String path) throws IOException {
        try (var connection = RawHttp.connect(managementPort)) {
            return connection.send(RawHttp.request("GET", path, "", "accept: */*")).read(PATIENCE);
        }
    }

    /// The status of a probe; 0 while nothing listens.
    public int probe(String name) {
        try {
            return management("/q/health/" + name).status();
        } catch (IOException e) {
            return 0;
        }
    }

    /// The sum of a meter's samples that have all of these labels, each such as `outcome="good"`.
    public double metric(String name, String... labels) throws IOException {
        return management("/q/metrics")
                .bodyText()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .filter(line -> List.of(labels).stream().allMatch(line::contains))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /// Waits until a probe answers 200; fails with what the process said if it ends before.
    public GatewayProcess await(String probe) {
        Awaitility.await(probe)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    if (!process.isAlive()) {
                        throw new AssertionError(
                                "the process ended with %d: %s"
                                        .formatted(process.exitValue(), stderr.text()));
                    }
                    return probe(probe) == 200;
                });
        return this;
    }

    public GatewayProcess awaitReady() {
        return await("ready");
    }

    /// The memory in use, in bytes, once it has forgotten what nobody holds any more: on the heap
    /// and in buffers beside it; or what is resident of a native executable, which cannot be asked.
    public long usedMemory() throws IOException, InterruptedException {
        if (isNative()) {
            return residentMemory();
        }
        collectGarbage();
        return (long)
                (metric("jvm_memory_used_bytes", "area=\"heap\"")
                        + metric("jvm_buffer_memory_used_bytes"));
    }

    private long residentMemory() throws IOException {
        var status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "status"));
        var kibibytes =
                status.lines()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum();
        return kibibytes * 1024;
    }

    private void collectGarbage() throws IOException, InterruptedException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var collecting =
                new ProcessBuilder(jcmd, Long.toString(process.pid()), "GC.run")
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectErrorStream(true)
                        .start();
        if (collecting.waitFor() != 0) {
            throw new AssertionError("jcmd ended with " + collecting.exitValue());
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /// Asks it to end, as Kubernetes does.
    public void terminate() {
        // By its handle, for Process.destroy() also closes the streams, and what it says last.
        process.toHandle().destroy();
    }

    /// Ends it without letting it finish anything.
    public void kill() {
        // What started a container would leave it running.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.toHandle().destroyForcibly();
    }

    /// Waits for its end, and for the end of its output where that is read.
    ///
    /// @return the exit code: 128 and the signal's number where a signal ended it
    public int awaitExit(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("still running after " + limit);
        }
        stdout.join();
        stderr.join();
        return process.exitValue();
    }

    /// Reads standard output from now on, where it was left unread.
    public void readStdout() {
        stdout.read();
    }

    /// What it wrote to standard output so far.
    public String stdout() {
        return stdout.text();
    }

    /// What it wrote to standard error so far.
    public String stderr() {
        return stderr.text();
    }

    @Override
    public void close() {
        kill();
        try {
            process.waitFor();
            try (var files = Files.walk(directory)) {
                for (var file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// A process that is still to be started.
    public static final class Launch {

        private final String profile;
        private final Map<String, String> environment = new TreeMap<>();
        private final Map<String, String> properties = new TreeMap<>();
        private boolean readsStdout = true;
        private boolean writesStdout = true;
        private boolean isMeasured;
        private @Nullable Container container;
        private final Map<Path, String> writable = new TreeMap<>();
        private List<String> through = List.of();
        private List<String> more = List.of();

        private Launch(String profile) {
            this.profile = profile;
        }

        /// Sets a variable of the environment.
        public Launch environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /// Takes a variable of the environment away.
        public Launch without(String name) {
            environment.remove(name);
            return this;
        }

        /// Sets a system property.
        public Launch property(String name, String value) {
            properties.put(name, value);
            return this;
        }

        /// Sets system properties.
        public Launch properties(Map<String, String> more) {
            properties.putAll(more);
            return this;
        }

        /// Leaves standard output unread until [GatewayProcess#readStdout()].
        public Launch withStuckReader() {
            readsStdout = false;
            return this;
        }

        /// Lets what it writes to standard output go nowhere.
        public Launch withoutStdout() {
            writesStdout = false;
            return this;
        }

        /// Runs it as it is deployed, for whoever measures it. Else it is compiled and collected in
        /// the way that costs least in the seconds that a test lasts: about 2 instead of 3 seconds
        /// of CPU until it is ready.
        public Launch measured() {
            isMeasured = true;
            return this;
        }

        /// Starts it through another program, such as `taskset`, that becomes it.
        public Launch through(List<String> command) {
            through = List.copyOf(command);
            return this;
        }

        /// Adds options of the JVM, or of the executable.
        public Launch options(String... options) {
            more = List.of(options);
            return this;
        }

        /// Runs it as what is in an image.
        public Launch in(Container image) {
            container = image;
            return this;
        }

        /// Lets a container write to a directory of this machine.
        ///
        /// @param directory that everybody may write to
        /// @param place where the container finds it
        public Launch writable(Path directory, String place) {
            writable.put(directory, place);
            return this;
        }

        /// Starts it and waits for nothing.
        public GatewayProcess start() {
            try {
                return new GatewayProcess(this);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private List<String> command(Map<String, String> all) throws IOException {
            if (container != null) {
                return container.command(all, options(), writable);
            }
            var command = new ArrayList<>(through);
            var executable = System.getProperty(EXECUTABLE);
            if (executable == null) {
                command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
                if (!isMeasured) {
                    command.add("-XX:TieredStopAtLevel=1");
                    command.add("-XX:+UseSerialGC");
                }
            } else {
                command.add(Path.of(executable).toAbsolutePath().toString());
            }
            command.add("-Xmx256m");
            command.addAll(more);
            command.addAll(options());
            if (executable == null) {
                command.add("-jar");
                command.add(JAR.toAbsolutePath().toString());
            }
            return command;
        }

        private List<String> options() {
            return properties.entrySet().stream()
                    .map(property -> "-D" + property.getKey() + "=" + property.getValue())
                    .toList();
        }
    }

    /// What came out of one stream, read by a thread of its own.
    private static final class Output {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final Thread reader;

        Output(InputStream stream, boolean now) {
            reader = Thread.ofPlatform().daemon().unstarted(() -> copy(stream));
            if (now) {
                reader.start();
            }
        }

        void read() {
            reader.start();
        }

        void join() throws InterruptedException {
            if (reader.getState() != Thread.State.NEW) {
                reader.join();
            }
        }

        String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }

        private void copy(InputStream stream) {
            try (stream) {
                stream.transferTo(bytes);
            } catch (IOException e) {
                // The process is gone: there is nothing more to read.
                return;
            }
        }
    }
}
