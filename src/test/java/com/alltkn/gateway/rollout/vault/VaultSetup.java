package com.alltkn.gateway.rollout.vault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Runs `deploy/vault/setup.sh`, and commands as an operator would type them, against a server. The
/// server's own executable is the only Vault on PATH, under the name that is asked for.
public final class VaultSetup {

    private static final Path SCRIPT = Path.of("deploy", "vault", "setup.sh");

    private final URI address;
    private final String token;
    private final Path directory;
    private final String name;

    /// @param address of the server that is set up
    /// @param token who runs the script
    /// @param directory for files of this run, deleted by the caller
    /// @param name `bao` or `vault`
    public VaultSetup(URI address, String token, Path directory, String name) {
        this.address = address;
        this.token = token;
        this.directory = directory;
        this.name = name;
        try {
            var programs = Files.createDirectories(directory.resolve("bin"));
            var binary = OpenBaoBinary.find().toAbsolutePath();
            program(programs.resolve(name), "exec '" + binary + "' \"$@\"");
            // There is no terminal whose echo could be switched off.
            program(programs.resolve("stty"), "exit 0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void program(Path file, String line) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        if (!file.toFile().setExecutable(true)) {
            throw new IOException("cannot make " + file + " executable");
        }
    }

    /// Runs the script.
    Outcome run(String... arguments) {
        return runWith(Map.of(), arguments);
    }

    /// Runs the script with a changed environment.
    public Outcome runWith(Map<String, String> environment, String... arguments) {
        var command = new ArrayList<>(List.of("/bin/sh", SCRIPT.toString()));
        command.addAll(List.of(arguments));
        return start(command, environment, "");
    }

    /// Runs commands that end at the first one that fails.
    ///
    /// @param whose token
    /// @param commands for a shell
    /// @param input what is typed
    Outcome shell(String whose, String commands, String input) {
        return start(List.of("/bin/sh", "-euc", commands), Map.of("VAULT_TOKEN", whose), input);
    }

    private Outcome start(List<String> command, Map<String, String> environment, String input) {
        try {
            var typed = Files.writeString(directory.resolve("input"), input);
            var out = directory.resolve("out");
            var err = directory.resolve("err");
            var builder =
                    new ProcessBuilder(command)
                            .redirectInput(typed.toFile())
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile());
            builder.environment().keySet().removeIf(n -> n.matches("(BAO|VAULT)_.*"));
            builder.environment().put("PATH", directory.resolve("bin") + ":/usr/bin:/bin");
            builder.environment().put("HOME", directory.toString());
            builder.environment().put("VAULT_ADDR", address.toString());
            builder.environment().put("VAULT_TOKEN", token);
            builder.environment().put("VAULT_CLI", name);
            builder.environment().putAll(environment);
            var process = builder.start();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " did not end");
            }
            return new Outcome(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// How a process ended.
    ///
    /// @param status its exit status
    /// @param out what it said
    /// @param err what it complained about
    public record Outcome(int status, String out, String err) {

        /// @return what it said, once it is sure that it succeeded
        public String success() {
            if (status != 0) {
                throw new AssertionError("ended with " + status + ": " + err + out);
            }
            return out;
        }
    }
}
