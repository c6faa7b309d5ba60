package com.alltkn.gateway.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Lets Jazzer search each target for a while. What it finds is left in `target/fuzz`; put it
/// beside the seeds once it is mended.
public final class Fuzz {

    private static final Path CORPUS = Path.of("target", "fuzz");

    /// Reading is linear: far below a second for inputs of this size.
    private static final Duration SLOW = Duration.ofSeconds(10);

    private static final int LONGEST_INPUT = 4096;

    private Fuzz() {}

    /// @param arguments none; `fuzz.seconds` says for how long, `fuzz.target` that one target is
    ///   enough
    /// @throws IOException if Jazzer cannot be started
    /// @throws InterruptedException if it is not waited for
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var only = System.getProperty("fuzz.target", "");
        var failed = new ArrayList<FuzzTarget>();
        for (var target : FuzzTarget.values()) {
            if (only.isEmpty() || only.equalsIgnoreCase(target.name())) {
                IO.println("fuzzing " + target);
                if (run(target) != 0) {
                    failed.add(target);
                }
            }
        }
        IO.println(failed.isEmpty() ? "nothing found" : "found something in " + failed);
        System.exit(failed.isEmpty() ? 0 : 1);
    }

    private static int run(FuzzTarget target) throws IOException, InterruptedException {
        var corpus = Files.createDirectories(CORPUS.resolve(target.name()));
        var command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-XX:+EnableDynamicAgentLoading",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dfuzz.target=" + target.name(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + JazzerEntry.class.getName(),
                        // The readers themselves and the one they lean on, and not what they are
                        // compared with.
                        "--instrumentation_includes=com.alltkn.gateway.**:org.yaml.snakeyaml.**",
                        "--custom_hook_includes=com.alltkn.gateway.**",
                        "--reproducer_path=" + CORPUS,
                        "-max_total_time=" + Integer.getInteger("fuzz.seconds", 60),
                        "-max_len=" + LONGEST_INPUT,
                        "-timeout=" + SLOW.toSeconds(),
                        "-use_value_profile=1",
                        "-artifact_prefix=" + CORPUS.resolve(target.name() + "-"),
                        corpus.toString(),
                        target.directory().toString());
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
