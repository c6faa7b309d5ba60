package com.alltkn.gateway.laboratory;

import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import redis.embedded.RedisExecProvider;

/// A real Redis on a loopback port, which keeps nothing when it ends. It can be killed, stopped for
/// a while, and started again on the same port. Not for several threads.
public final class RedisProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /// Of a cluster.
    private static final int SLOTS = 16_384;

    private static final RegistryTool WITH_TLS =
            RegistryTool.debian(
                    "redis-server", "redis-tools", "libatomic1", "libjemalloc2", "liblzf1");

    private final int port = FreePort.find();
    private final String program;
    private final Path directory;
    private final List<String> settings;
    private Process process;

    private RedisProcess(String program, List<String> settings) {
        this.program = program;
        this.settings = settings;
        try {
            this.directory = Files.createTempDirectory("redis");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.process = launch();
    }

    /// A running server.
    ///
    /// @param settings further arguments, such as `--requirepass` and a value
    public static RedisProcess start(String... settings) {
        try {
            return new RedisProcess(
                    RedisExecProvider.defaultProvider().get().getAbsolutePath(), List.of(settings));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A running server that speaks TLS on a further port, which the one of [#start(String...)]
    /// cannot, at 127.0.0.2 as well.
    ///
    /// @param port where it speaks it
    public static RedisProcess withTls(int port, TestCertificates certificates) {
        return new RedisProcess(
                WITH_TLS.find().toString(),
                List.of(
                        "--tls-port",
                        Integer.toString(port),
                        "--tls-cert-file",
                        certificates.certPem().toString(),
                        "--tls-key-file",
                        certificates.keyPem().toString(),
                        "--tls-ca-cert-file",
                        certificates.caPem().toString(),
                        "--tls-auth-clients",
                        "no",
                        "--bind",
                        "127.0.0.1",
                        "127.0.0.2"));
    }

    /// Running servers that are one cluster, each with its part of all slots.
    public static List<RedisProcess> cluster(int nodes) {
        var all = new ArrayList<RedisProcess>();
        for (int i = 0; i < nodes; i++) {
            var node =
                    start(
                            "--cluster-enabled",
                            "yes",
                            "--cluster-port",
                            Integer.toString(FreePort.find()));
            node.command(
                    "CLUSTER",
                    "ADDSLOTSRANGE",
                    Integer.toString(SLOTS * i / nodes),
                    Integer.toString(SLOTS * (i + 1) / nodes - 1));
            all.add(node);
        }
        for (var node : all) {
            all.getFirst()
                    .command(
                            "CLUSTER",
                            "MEET",
                            "127.0.0.1",
                            Integer.toString(node.port),
                            node.settings.getLast());
        }
        await("cluster")
                .atMost(PATIENCE)
                .until(() ->
                        all.stream()
                                .allMatch(node ->
                                        node.command("CLUSTER", "INFO")
                                                .contains("cluster_state:ok")));
        return all;
    }

    public int port() {
        return port;
    }

    /// Ends it at once.
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Starts it again, empty.
    public void startAgain() {
        process = launch();
    }

    /// Lets it stand still; connections stay open, and are even taken.
    public void pause() {
        signal("STOP");
    }

    /// Lets it go on.
    public void resume() {
        signal("CONT");
    }

    /// Sends one command.
    ///
    /// @return what it answered: a text, a number, or lines of them
    public String command(String... words) {
        return send(List.of(), List.of(words));
    }

    /// The same where a password is asked for.
    public String authenticated(String password, String... words) {
        return send(List.of("AUTH", password), List.of(words));
    }

    private String send(List<String> login, List<String> words) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            var reader =
                    new BufferedReader(
                            new InputStreamReader(
                                    socket.getInputStream(), StandardCharsets.US_ASCII));
            var answer = "";
            for (var command : login.isEmpty() ? List.of(words) : List.of(login, words)) {
                var request = new StringBuilder("*" + command.size() + "\r\n");
                for (var word : command) {
                    request.append('$').append(word.length()).append("\r\n");
                    request.append(word).append("\r\n");
                }
                socket.getOutputStream()
                        .write(request.toString().getBytes(StandardCharsets.US_ASCII));
                answer = read(reader);
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process launch() {
        try {
            var command = new ArrayList<String>();
            command.add(program);
            command.addAll(
                    List.of("--port", Integer.toString(port), "--bind", "127.0.0.1", "--save", ""));
            command.addAll(settings);
            var started =
                    new ProcessBuilder(command)
                            .directory(directory.toFile())
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectErrorStream(true)
                            .start();
            Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
            await("redis")
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(10))
                    .until(this::listens);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean listens() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private void signal(String name) {
        try {
            var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
            if (kill.waitFor() != 0) {
                throw new AssertionError("kill ended with " + kill.exitValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String read(BufferedReader reader) throws IOException {
        var line = reader.readLine();
        var rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+', ':' -> rest;
            case '$' -> rest.equals("-1") ? "" : text(reader, Integer.parseInt(rest));
            case '*' -> {
                var parts = new ArrayList<String>();
                for (var i = 0; i < Integer.parseInt(rest); i++) {
                    parts.add(read(reader));
                }
                yield String.join("\n", parts);
            }
            default -> throw new AssertionError(line);
        };
    }

    private static String text(BufferedReader reader, int length) throws IOException {
        var text = new StringBuilder(length);
        while (text.length() < length) {
            text.append((char) reader.read());
        }
        reader.readLine();
        return text.toString();
    }
}
