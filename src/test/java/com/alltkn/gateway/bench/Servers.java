package com.alltkn.gateway.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import redis.embedded.RedisExecProvider;

/// Starts what takes part, each as a process of its own, and stops all of it. Where `taskset` is on
/// the path, what is measured has one core to itself and everything else another.
final class Servers {

    static final int MEASURED_CORE = 0;
    static final int OTHER_CORE = 1;

    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin/java") + "";
    private static final long LONGEST_GOODBYE_SECONDS = 40;

    private final Path directory;
    private final Path classes;
    private final Path application;
    private final List<String> gatewayOptions;
    private final boolean pinned;
    private final List<Process> running = new ArrayList<>();
    private final AtomicLong records = new AtomicLong();

    /// @param target Maven's build directory, with the packaged gateway and the compiled tests
    /// @param gatewayOptions options of the gateway's JVM
    Servers(Path target, List<String> gatewayOptions) throws IOException {
        this.directory = Files.createDirectories(target.resolve("bench").toAbsolutePath());
        this.classes = target.resolve("test-classes").toAbsolutePath();
        this.application = target.resolve("quarkus-app/quarkus-run.jar").toAbsolutePath();
        this.gatewayOptions = gatewayOptions;
        this.pinned =
                onPath("taskset").isPresent() && Runtime.getRuntime().availableProcessors() > 1;
    }

    boolean pinned() {
        return pinned;
    }

    /// How many records the gateways have written.
    long records() {
        return records.get();
    }

    /// Starts the upstream.
    ///
    /// @return its port
    int upstream() throws IOException {
        var upstream = java(BenchUpstream.class);
        return Integer.parseInt(upstream.inputReader(StandardCharsets.US_ASCII).readLine());
    }

    /// Starts the load generator.
    LoadProcess load() throws IOException {
        return new LoadProcess(java(LoadGenerator.class));
    }

    private Process java(Class<?> main) throws IOException {
        return start(
                new ProcessBuilder(
                                on(
                                        OTHER_CORE,
                                        JAVA,
                                        "-XX:+UseSerialGC",
                                        "-Xmx256m",
                                        "-cp",
                                        classes.toString(),
                                        main.getName()))
                        .redirectError(ProcessBuilder.Redirect.INHERIT));
    }

    /// Starts nginx as it is meant to be set up in front of such a service.
    ///
    /// @return empty if there is none on the path
    Optional<Process> nginx(int port, int upstreamPort) throws IOException {
        var nginx = onPath("nginx");
        if (nginx.isEmpty()) {
            return Optional.empty();
        }
        var configuration =
                """
                daemon off;
                worker_processes 1;
                pid %1$s/nginx.pid;
                error_log stderr warn;
                events { worker_connections 4096; }
                http {
                  access_log off;
                  client_body_temp_path %1$s/nginx-body;
                  proxy_temp_path %1$s/nginx-proxy;
                  fastcgi_temp_path %1$s/nginx-fastcgi;
                  uwsgi_temp_path %1$s/nginx-uwsgi;
                  scgi_temp_path %1$s/nginx-scgi;
                  keepalive_requests 100000000;
                  # Bodies stay in memory, as they do in the gateway.
                  client_max_body_size 10m;
                  client_body_buffer_size 256k;
                  proxy_buffers 32 8k;
                  proxy_max_temp_file_size 0;
                  upstream service {
                    server 127.0.0.1:%3$d;
                    keepalive 1024;
                    keepalive_requests 100000000;
                  }
                  server {
                    listen 127.0.0.1:%2$d backlog=4096;
                    location / {
                      # Streams are not buffered: upstream says x-accel-buffering: no for them.
                      proxy_pass http://service;
                      proxy_http_version 1.1;
                      proxy_set_header Connection "";
                      proxy_set_header Authorization "Bearer %4$s";
                    }
                  }
                }
                """
                        .formatted(directory, port, upstreamPort, Workload.KEY);
        var file = Files.writeString(directory.resolve("nginx.conf"), configuration);
        return Optional.of(
                start(
                        new ProcessBuilder(
                                        on(
                                                MEASURED_CORE,
                                                nginx.get().toString(),
                                                "-p",
                                                directory.toString(),
                                                "-e",
                                                "stderr",
                                                "-c",
                                                file.toString()))
                                .inheritIO()));
    }

    /// Starts the packaged gateway with everything on but the small health prompt, which would only
    /// disturb; its records go through a pipe, as they do in a container.
    ///
    /// @param pinned whether it gets one core only
    /// @param redisPort where what pods share is kept; nothing is shared if empty
    Process gateway(
            int port, int managementPort, int upstreamPort, boolean pinned, OptionalInt redisPort)
            throws IOException {
        var command = new ArrayList<String>();
        command.add(JAVA);
        command.addAll(gatewayOptions);
        command.addAll(List.of("-jar", application.toString()));
        var builder =
                new ProcessBuilder(
                        pinned ? on(MEASURED_CORE, command.toArray(String[]::new)) : command);
        var environment = builder.environment();
        environment.put("QUARKUS_PROFILE", "test");
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
        environment.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(managementPort));
        environment.put("GATEWAY_SOURCE", "file");
        environment.put("GATEWAY_FILE_PATH", settings(upstreamPort).toString());
        environment.put("GATEWAY_CALLERS_FILE", callers().toString());
        environment.put("GATEWAY_UPSTREAM_ALLOWED_HOSTS", "127.0.0.1");
        environment.put("GATEWAY_HEALTH_PROMPT_ENABLED", "false");
        redisPort.ifPresent(redis -> {
            environment.put("GATEWAY_SHARED_STATE", "redis");
            environment.put("QUARKUS_REDIS_HOSTS", "redis://127.0.0.1:" + redis);
            // A core that has more than it can do is no failure of Redis'.
            environment.put("GATEWAY_REDIS_DEADLINE", "1s");
        });
        var gateway = start(builder.redirectError(ProcessBuilder.Redirect.INHERIT));
        Thread.ofPlatform().daemon().start(() -> countLines(gateway.getInputStream()));
        return gateway;
    }

    /// Starts a Redis that keeps nothing.
    Process redis(int port) throws IOException {
        return start(
                new ProcessBuilder(
                                on(
                                        OTHER_CORE,
                                        RedisExecProvider.defaultProvider().get().getAbsolutePath(),
                                        "--port",
                                        Integer.toString(port),
                                        "--bind",
                                        "127.0.0.1",
                                        "--save",
                                        ""))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.INHERIT));
    }

    void stop(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(LONGEST_GOODBYE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        running.remove(process);
    }

    void stopAll() throws InterruptedException {
        for (var process : List.copyOf(running)) {
            stop(process);
        }
    }

    static Optional<Path> onPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(":", -1))
                .map(place -> Path.of(place, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private Process start(ProcessBuilder builder) throws IOException {
        var process = builder.start();
        running.add(process);
        return process;
    }

    private List<String> on(int core, String... command) {
        var all = new ArrayList<String>();
        if (pinned) {
            all.addAll(List.of("taskset", "-c", Integer.toString(core)));
        }
        all.addAll(List.of(command));
        return all;
    }

    private Path settings(int upstreamPort) throws IOException {
        return onlyForUs(
                directory.resolve("settings.env"),
                "ALLTKN_API_KEY=sk-bench-0123456789abcdef\nALLTKN_BASE_URL=http://127.0.0.1:"
                        + upstreamPort
                        + "/api/v1\n");
    }

    private Path callers() throws IOException {
        try {
            var hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(Workload.KEY.getBytes(StandardCharsets.UTF_8));
            return onlyForUs(
                    directory.resolve("callers.yaml"),
                    "callers:\n  - id: bench\n    api-keys: [\"sha256:"
                            + HexFormat.of().formatHex(hash)
                            + "\"]\n");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static Path onlyForUs(Path file, String content) throws IOException {
        Files.writeString(file, content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private void countLines(InputStream output) {
        var buffer = new byte[64 * 1024];
        try (output) {
            for (var n = output.read(buffer); n >= 0; n = output.read(buffer)) {
                for (var i = 0; i < n; i++) {
                    if (buffer[i] == '\n') {
                        records.incrementAndGet();
                    }
                }
            }
        } catch (IOException e) {
            // The process was stopped while it wrote.
        }
    }
}
