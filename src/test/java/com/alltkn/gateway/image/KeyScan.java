package com.alltkn.gateway.image;

import com.alltkn.gateway.laboratory.RegistryTool;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Looks for key material in what a build leaves, and in all that the repository ever held.
///
/// gitleaks knows what keys look like, and undoes base64, hex digits and percent signs. What it
/// does not do well is reading: it leaves out what looks like a program, a class for instance, and
/// by its name much else. So it gets texts only, which [ArtefactTexts] makes of everything.
public final class KeyScan {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final RegistryTool GITLEAKS =
            RegistryTool.go("gitleaks", "github.com/zricethezav/gitleaks/v8", "v8.30.1");
    private static final int FOUND = 3;
    private static final Pattern COMMIT = Pattern.compile("commit ([0-9a-f]{40})");
    private static final Pattern FILE = Pattern.compile("diff --(?:git a/.* b/|cc )(.*)");

    /// Of the build directory, what is not handed on: compiled tests with their made-up keys, what
    /// is in the jars once more, and what the image was made of.
    private static final Pattern NOT_LEFT =
            Pattern.compile(
                    "target/(?:classes|test-classes|generated-.*|maven-.*|quarkus|bench"
                            + "|image/(?!alltkn-gateway\\.tar).*)(?:/.*)?");

    private KeyScan() {}

    /// Looks at the build directory, the manifests and the history of the project that it runs in,
    /// and fails if there is anything.
    ///
    /// @param arguments none
    public static void main(String[] arguments) throws IOException {
        var start = System.nanoTime();
        var artefacts = new ArrayList<Path>();
        for (var place : List.of("target", "deploy")) {
            try (var files = Files.walk(Path.of(place))) {
                files.filter(Files::isRegularFile)
                        .filter(file -> !NOT_LEFT.matcher(file.toString()).matches())
                        .forEach(artefacts::add);
            }
        }
        var findings = new ArrayList<>(in(artefacts));
        if (Files.exists(Path.of(".git"))) {
            findings.addAll(inHistory(Path.of("")));
        } else {
            IO.println("There is no .git here, so the repository's history is not looked at.");
        }
        if (!findings.isEmpty()) {
            throw new IllegalStateException(
                    "key material, or what looks like it:\n  " + String.join("\n  ", findings));
        }
        IO.println(
                "No key material in %d files and the history, looked for in %d s."
                        .formatted(artefacts.size(), (System.nanoTime() - start) / 1_000_000_000));
    }

    /// Looks at files, and into archives among them however deep.
    ///
    /// @return a line for each finding, which does not show what was found
    static List<String> in(List<Path> files) throws IOException {
        var texts = Files.createTempDirectory("texts");
        try {
            var places = ArtefactTexts.write(files, texts);
            return findings(texts)
                    .map(finding -> {
                        var file = Path.of(finding.path("File").asText()).getFileName().toString();
                        return places.getOrDefault(file, file) + ": " + rule(finding);
                    })
                    .sorted()
                    .distinct()
                    .toList();
        } finally {
            delete(texts);
        }
    }

    /// Looks at every line that any commit of any branch brought or took away, and at what commits
    /// say.
    static List<String> inHistory(Path repository) throws IOException {
        var texts = Files.createTempDirectory("history");
        try {
            var log = texts.resolve("log.txt");
            RegistryTool.command(
                    "sh",
                    "-c",
                    "git -C \"$1\" log --all --patch --cc --text --no-ext-diff --no-textconv"
                            + " --no-renames --no-color --no-decorate >\"$2\"",
                    "sh",
                    repository.toAbsolutePath().toString(),
                    log.toString());
            // Files of any encoding are in it, and lines end with a line feed only, as gitleaks
            // counts them.
            var lines = Files.readString(log, StandardCharsets.ISO_8859_1).split("\n", -1);
            return findings(texts)
                    .map(finding ->
                            place(lines, finding.path("StartLine").asInt()) + ": " + rule(finding))
                    .distinct()
                    .toList();
        } finally {
            delete(texts);
        }
    }

    private static String rule(JsonNode finding) {
        return finding.path("RuleID").asText();
    }

    /// The commit and file that a line of the log belongs to.
    private static String place(String[] lines, int number) {
        var file = "its message";
        for (var i = Math.min(number, lines.length) - 1; i >= 0; i--) {
            var commit = COMMIT.matcher(lines[i]);
            if (commit.matches()) {
                return "commit " + commit.group(1) + ", " + file;
            }
            var name = FILE.matcher(lines[i]);
            if (file.equals("its message") && name.matches()) {
                file = name.group(1);
            }
        }
        return "the history";
    }

    private static Stream<JsonNode> findings(Path texts) throws IOException {
        var report = texts.resolveSibling(texts.getFileName() + ".json");
        try {
            var outcome =
                    GITLEAKS.runWith(
                            Map.of(),
                            "dir",
                            texts.toString(),
                            "--config=.gitleaks.toml",
                            "--no-banner",
                            "--no-color",
                            "--log-level=warn",
                            "--redact",
                            // What is looked at does not decide what counts.
                            "--ignore-gitleaks-allow",
                            "--gitleaks-ignore-path=" + report,
                            "--report-format=json",
                            "--report-path=" + report,
                            "--exit-code=" + FOUND);
            if (outcome.status() != FOUND || outcome.err().contains("ERR")) {
                // Nothing found, or something wrong.
                outcome.success();
            }
            return JSON.readTree(report.toFile()).valueStream();
        } finally {
            Files.deleteIfExists(report);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
