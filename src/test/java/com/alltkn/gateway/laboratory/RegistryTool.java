package com.alltkn.gateway.laboratory;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A program that tests run and that a package registry has. It is the one that `<NAME>_BINARY`
/// names, else the copy of this version in `~/.cache/alltkn-gateway`, else it is installed there.
/// None of these is a failure and not a skipped test.
public final class RegistryTool {

    private static final Path CACHE =
            Path.of(System.getProperty("user.home"), ".cache", "alltkn-gateway");

    /// Long enough to compile large Go programs on a small machine.
    private static final Duration LONGEST_INSTALLATION = Duration.ofMinutes(20);

    private static final Duration LONGEST_RUN = Duration.ofMinutes(3);

    private final String name;
    private final String version;
    private final Installation installation;

    /// @param name of the program, and of its file in `bin`
    /// @param version names the copy that is kept
    /// @param installation puts `bin/<name>` into an empty directory that is moved afterwards, so
    ///   nothing in it may know where it stands
    public RegistryTool(String name, String version, Installation installation) {
        this.name = name;
        this.version = version;
        this.installation = installation;
    }

    /// A command of a Go module. Go compares all that it fetches with its checksum database.
    ///
    /// @param name of the program, the last part of the path
    /// @param path of the command's package
    /// @param version of its module, with the `v`
    public static RegistryTool go(String name, String path, String version) {
        return new RegistryTool(
                name,
                version,
                directory ->
                        run(
                                        LONGEST_INSTALLATION,
                                        directory,
                                        Map.of("GOBIN", directory.resolve("bin").toString()),
                                        List.of(
                                                "go",
                                                "install",
                                                "-trimpath",
                                                "-ldflags=-s -w",
                                                path + "@" + version))
                                .success());
    }

    /// The API server of Kubernetes, with `etcd` and `kubectl` in the same directory. Its parts,
    /// which its own module expects beside it, are modules too: their 0.x is its 1.x.
    ///
    /// @param version of it, without the `v1.`
    public static RegistryTool kubernetes(String version) {
        return new RegistryTool(
                "kube-apiserver",
                "v1." + version,
                directory ->
                        run(
                                        LONGEST_INSTALLATION,
                                        directory,
                                        Map.of("VERSION", version, "CGO_ENABLED", "0"),
                                        List.of(
                                                "sh",
                                                "-ec",
                                                """
                                                go mod download "k8s.io/kubernetes@v1.$VERSION"
                                                { echo module cluster
                                                  sed -e /^module/d -e "s|=> ./staging/src/\\(.*\\)|=> \\1 v0.$VERSION|" \
                                                    "$(go env GOMODCACHE)/cache/download/k8s.io/kubernetes/@v/v1.$VERSION.mod"
                                                } > go.mod
                                                go mod edit -require "k8s.io/kubernetes@v1.$VERSION"
                                                for package in k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl go.etcd.io/etcd/server/v3
                                                do go build -mod=mod -trimpath -ldflags='-s -w' -o bin/ $package; done
                                                mv bin/server bin/etcd
                                                rm go.mod go.sum
                                                """))
                                .success());
    }

    /// A command of a Python package, installed with all that it needs from
    /// `src/test/tools/<name>.txt`, where each has its digests.
    ///
    /// @param name of the package and of its command
    /// @param version of the package
    public static RegistryTool python(String name, String version) {
        return new RegistryTool(
                name,
                version,
                directory -> {
                    run(
                                    LONGEST_INSTALLATION,
                                    Path.of("").toAbsolutePath(),
                                    Map.of(),
                                    List.of(
                                            "python3",
                                            "-m",
                                            "pip",
                                            "install",
                                            "--quiet",
                                            "--disable-pip-version-check",
                                            "--root-user-action=ignore",
                                            "--require-hashes",
                                            "--only-binary=:all:",
                                            "--target=" + directory.resolve("packages"),
                                            "--requirement=src/test/tools/" + name + ".txt"))
                            .success();
                    var program = directory.resolve("bin").resolve(name);
                    Files.createDirectories(program.getParent());
                    Files.writeString(
                            program,
                            """
                            #!/bin/sh
                            PYTHONPATH=${0%%/*}/../packages exec python3 "${0%%/*}/../packages/bin/%s" "$@"
                            """
                                    .formatted(name));
                    if (!program.toFile().setExecutable(true)) {
                        throw new IOException("cannot make " + program + " executable");
                    }
                });
    }

    /// A command of a Debian package, whose integrity is apt's business; nothing is installed into
    /// the system.
    ///
    /// @param name of the package and of its command
    /// @param libraries packages that it needs and a small system may not have
    public static RegistryTool debian(String name, String... libraries) {
        return new RegistryTool(
                name,
                "debian",
                directory -> {
                    var packages = new ArrayList<>(List.of(name));
                    packages.addAll(List.of(libraries));
                    run(
                                    LONGEST_INSTALLATION,
                                    directory,
                                    Map.of("PACKAGES", String.join(" ", packages)),
                                    List.of(
                                            "sh",
                                            "-ec",
                                            """
                                            apt-get download $PACKAGES || { apt-get update && apt-get download $PACKAGES; }
                                            for package in *.deb; do dpkg -x "$package" .; done
                                            rm ./*.deb
                                            """))
                            .success();
                    var program = directory.resolve("bin").resolve(name);
                    Files.createDirectories(program.getParent());
                    Files.writeString(
                            program,
                            """
                            #!/bin/sh
                            home=${0%%/*}/..
                            export LD_LIBRARY_PATH="$(echo "$home"/usr/lib/*-linux-gnu "$home"/lib/*-linux-gnu | tr ' ' :)"
                            exec "$home/usr/bin/%s" "$@"
                            """
                                    .formatted(name));
                    if (!program.toFile().setExecutable(true)) {
                        throw new IOException("cannot make " + program + " executable");
                    }
                });
    }

    /// Runs a command of the system in the project's directory.
    ///
    /// @return what it said, once it is sure that it succeeded
    public static String command(String... command) {
        return run(LONGEST_RUN, Path.of("").toAbsolutePath(), Map.of(), List.of(command)).success();
    }

    /// Runs the program in the project's directory.
    public Outcome run(String... arguments) {
        return runWith(Map.of(), arguments);
    }

    /// Runs it with a changed environment.
    public Outcome runWith(Map<String, String> environment, String... arguments) {
        var command = new ArrayList<>(List.of(find().toString()));
        command.addAll(List.of(arguments));
        return run(LONGEST_RUN, Path.of("").toAbsolutePath(), environment, command);
    }

    /// Finds the program, or installs it.
    public Path find() {
        var variable = name.toUpperCase(Locale.ROOT).replace('-', '_') + "_BINARY";
        var named = System.getenv(variable);
        if (named != null && !named.isBlank()) {
            if (!Files.isExecutable(Path.of(named))) {
                throw new IllegalStateException(
                        variable + " names " + named + ", which is no executable");
            }
            return Path.of(named);
        }
        var home = CACHE.resolve(name + "-" + version);
        if (!Files.isDirectory(home)) {
            try {
                Files.createDirectories(CACHE);
                // Another build on this machine may be installing the same.
                try (var channel =
                                FileChannel.open(
                                        CACHE.resolve(name + ".lock"),
                                        StandardOpenOption.CREATE,
                                        StandardOpenOption.WRITE);
                        var lock = channel.lock()) {
                    if (!Files.isDirectory(home) && lock.isValid()) {
                        install(home);
                    }
                }
            } catch (IOException | IllegalStateException e) {
                throw new IllegalStateException(
                        "the tests need %s %s: name it in %s, or let its registry be reached (%s)"
                                .formatted(name, version, variable, e.getMessage()),
                        e);
            }
        }
        return home.resolve("bin").resolve(name);
    }

    private void install(Path home) throws IOException {
        var fresh = Files.createTempDirectory(CACHE, name);
        try {
            installation.into(fresh);
            if (!Files.isExecutable(fresh.resolve("bin").resolve(name))) {
                throw new IOException("the installation made no bin/" + name);
            }
            Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            if (Files.exists(fresh)) {
                try (var files = Files.walk(fresh)) {
                    for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    private static Outcome run(
            Duration longest,
            Path directory,
            Map<String, String> environment,
            List<String> command) {
        try {
            var out = Files.createTempFile("out", ".txt");
            var err = Files.createTempFile("err", ".txt");
            try {
                var builder =
                        new ProcessBuilder(command)
                                .directory(directory.toFile())
                                .redirectOutput(out.toFile())
                                .redirectError(err.toFile());
                builder.environment().putAll(environment);
                var process = builder.start();
                process.getOutputStream().close();
                try {
                    if (!process.waitFor(longest.toSeconds(), TimeUnit.SECONDS)) {
                        throw new IllegalStateException(command + " did not end");
                    }
                } finally {
                    process.destroyForcibly();
                }
                return new Outcome(
                        process.exitValue(),
                        Files.readString(out, StandardCharsets.UTF_8),
                        Files.readString(err, StandardCharsets.UTF_8));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// How a program gets onto this machine.
    @FunctionalInterface
    public interface Installation {

        /// Puts it into an empty directory.
        void into(Path directory) throws IOException;
    }

    /// How a program ended.
    ///
    /// @param status its exit status
    /// @param out what it said
    /// @param err what it complained about
    public record Outcome(int status, String out, String err) {

        /// @return what it said, once it is sure that it succeeded
        public String success() {
            if (status != 0) {
                throw new IllegalStateException(
                        "ended with " + status + ": " + err.strip() + out.strip());
            }
            return out;
        }
    }
}
