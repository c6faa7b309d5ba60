package com.alltkn.gateway.image;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Container;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The image that was built, unpacked and started as the strictest kind of pod would.
@Tag("image")
class ImageIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path BUILT = Path.of("target", "image");
    private static final Path TAR = BUILT.resolve("alltkn-gateway.tar");
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";
    private static final String STREAMED_CHAT =
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + "\"messages\":[]}";

    /// The time that a pod is given, see the README.
    private static final Duration GRACE = Duration.ofSeconds(45);

    @TempDir private static Path directory;
    private static Production production;
    private static Container container;

    @BeforeAll
    static void unpack() {
        production = Production.start();
        container = Container.unpack(TAR, directory.resolve("image"));
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-XX:+UseG1GC", "-XX:+UseSerialGC -XX:MaxRAM=512m"})
    void answersFromItsCacheAndEndsWithinItsGrace(String pod)
            throws IOException, InterruptedException {
        try (var gateway = start("-XX:AOTMode=on " + pod).awaitReady()) {
            var answer = gateway.send(production.post("/v1/chat/completions", CHAT));
            production.upstream().answer(Script.sse(Script.event("{}"), Script.event("[DONE]")));
            var stream = gateway.send(production.post("/v1/chat/completions", STREAMED_CHAT));
            production.upstream().forget();
            var meters = gateway.management("/q/metrics");
            var end = System.nanoTime();
            gateway.terminate();
            var exit = gateway.awaitExit(GRACE);
            var took = Duration.ofNanos(System.nanoTime() - end);

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
            assertThat(stream.bodyText()).isEqualTo("data: {}\n\ndata: [DONE]\n\n");
            assertThat(meters.bodyText()).contains("\ngateway_revision_number 1.0\n");
            assertThat(exit).isEqualTo(128 + 15);
            // It served on for its first five seconds.
            assertThat(took).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(15));
            // No file it wanted to write, no option it did not know.
            assertThat(gateway.stderr().lines().skip(1)).noneMatch(line -> line.contains("WARN"));
            assertThat(gateway.stderr()).doesNotContainIgnoringCase("warning");
        }
    }

    @Test
    void refusesToStartFromACacheOfOtherFilesWhereThatIsAskedFor()
            throws IOException, InterruptedException {
        var jar = container.root().resolve("app/quarkus-run.jar");
        var time = Files.getLastModifiedTime(jar);
        Files.setLastModifiedTime(jar, FileTime.from(Instant.EPOCH));
        try (var strict = start("-XX:AOTMode=on");
                var lenient = start("").awaitReady()) {
            assertThat(strict.awaitExit(GRACE)).isEqualTo(1);
            assertThat(strict.stderr()).contains("Unable to use AOT cache");
            assertThat(lenient.stderr()).contains("[warning][aot");
            assertThat(strict.stdout() + lenient.stdout()).isEmpty();
        } finally {
            Files.setLastModifiedTime(jar, time);
        }
    }

    @Test
    void saysWhatItIs() throws IOException {
        var config = configuration();

        assertThat(config.at("/config/User").asText()).isEqualTo("10001:10001");
        assertThat(config.at("/config/WorkingDir").asText()).isEqualTo("/app");
        assertThat(config.at("/config/Entrypoint"))
                .extracting(JsonNode::asText)
                .containsExactly(
                        "java",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:MaxRAMPercentage=50",
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:+DisplayVMOutputToStderr",
                        "-Xlog:disable",
                        "-Xlog:all=warning:stderr",
                        "-XX:AOTCache=/app/app.aot",
                        "-jar",
                        "/app/quarkus-run.jar");
        assertThat(config.at("/config/ExposedPorts").propertyStream().map(Map.Entry::getKey))
                .containsExactlyInAnyOrder("8080/tcp", "9000/tcp");
        assertThat(config.at("/config/Labels").propertyStream().map(Map.Entry::getKey))
                .contains(
                        "org.opencontainers.image.description",
                        "org.opencontainers.image.title",
                        "org.opencontainers.image.version");
        assertThat(config.at("/created").asText()).isEqualTo("1970-01-01T00:00:00Z");
    }

    @Test
    void holdsFilesThatNobodyMayWrite() throws IOException {
        var application = container.root().resolve("app");

        try (var files = Files.walk(application)) {
            assertThat(files)
                    .allSatisfy(file -> {
                        var attributes = Files.readAttributes(file, "unix:uid,gid,mode");
                        assertThat(attributes).containsEntry("uid", 0).containsEntry("gid", 0);
                        assertThat((int) requireNonNull(attributes.get("mode")) & 07022).isZero();
                    });
        }
        try (var files = Files.list(application)) {
            assertThat(files)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactlyInAnyOrder(
                            "app", "app.aot", "lib", "quarkus", "quarkus-run.jar", "sbom.json");
        }
    }

    @Test
    void isTheSameImageForTheSameFiles() throws IOException {
        var again = directory.resolve("again").resolve("image.tar");
        var labels = new TreeMap<String, String>();
        configuration()
                .at("/config/Labels")
                .propertyStream()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        var base = System.getProperty("image.base", "");

        new Image(
                        base.isEmpty()
                                ? "tar://" + BUILT.resolve("base.tar").toAbsolutePath()
                                : base,
                        labels)
                .write(
                        Path.of("target", "quarkus-app"),
                        BUILT.resolve("sbom.json"),
                        Optional.of(BUILT.resolve("training").resolve("app.aot")),
                        again);

        var second = Container.unpack(again, directory.resolve("second"));
        assertThat(second.manifestDigest()).isEqualTo(container.manifestDigest());
    }

    @Test
    void namesEveryLibraryInItsBillOfMaterials() throws IOException {
        var digests = new TreeMap<String, String>();
        var names = new TreeSet<String>();
        var sbom = JSON.readTree(container.root().resolve("app/sbom.json").toFile());
        for (var component : sbom.get("components")) {
            names.add(component.path("group").asText() + ":" + component.path("name").asText());
            for (var hash : component.path("hashes")) {
                if (hash.path("alg").asText().equals("SHA-256")) {
                    digests.put(hash.path("content").asText(), component.path("purl").asText());
                }
            }
        }
        List<Path> jars;
        try (var files = Files.walk(container.root().resolve("app"))) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }

        assertThat(sbom.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(names)
                .contains(
                        "io.netty:netty-handler",
                        "io.vertx:vertx-core",
                        "org.bitbucket.b_c:jose4j");
        assertThat(jars)
                .hasSizeGreaterThan(100)
                .allSatisfy(jar -> assertThat(digests).containsKey(sha256(jar)));
    }

    private static GatewayProcess start(String jvm) {
        return production
                .gateway()
                .in(container)
                .environment("JAVA_TOOL_OPTIONS", jvm)
                .environment("QUARKUS_SHUTDOWN_DELAY", "5S")
                .start();
    }

    private static JsonNode configuration() throws IOException {
        return JSON.readTree(
                container
                        .blob(
                                JSON.readTree(container.blob(container.manifestDigest()).toFile())
                                        .at("/config/digest")
                                        .asText())
                        .toFile());
    }

    private static String sha256(Path file) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
