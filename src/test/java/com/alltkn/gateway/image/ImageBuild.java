package com.alltkn.gateway.image;

import com.alltkn.gateway.laboratory.Container;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RegistryTool;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Builds the image into `target/image`. It takes three steps, for a cache fits nothing but the JVM
/// and the files that it was trained with: the image without it, a training in there, the image
/// with it. A finished image that does not start, or not from its cache, fails the build.
///
/// System properties: `image.base` (a reference, best by digest; without it a base is made of what
/// this machine has), `image.version`, `image.executable` (a native executable in place of the
/// jars).
public final class ImageBuild {

    private static final Path TARGET = Path.of("target");
    private static final Path IMAGE = TARGET.resolve("image");
    private static final long START = System.nanoTime();

    private ImageBuild() {}

    /// Builds it.
    ///
    /// @param arguments none
    public static void main(String[] arguments) throws IOException, InterruptedException {
        delete(IMAGE);
        var executable = Optional.ofNullable(System.getProperty("image.executable")).map(Path::of);
        var image = new Image(base(executable), labels());
        var sbom = sbom(executable.orElse(TARGET.resolve("quarkus-run")));
        var tar = IMAGE.resolve("alltkn-gateway.tar");
        if (executable.isPresent()) {
            image.writeNative(executable.get(), sbom, tar);
            said("image");
            insist(Container.unpack(tar, IMAGE.resolve("native")));
            said("started");
            return;
        }
        var application = TARGET.resolve("quarkus-app");
        var untrained = IMAGE.resolve("untrained.tar");
        image.write(application, sbom, Optional.empty(), untrained);
        said("image without a cache");
        var container = Container.unpack(untrained, IMAGE.resolve("untrained"));
        said("unpacked");
        var cache = Training.run(container, IMAGE.resolve("training"));
        said("trained");
        image.write(application, sbom, Optional.of(cache), tar);
        said("image");
        insist(Container.unpack(tar, IMAGE.resolve("trained")));
        said("started with the cache");
    }

    /// Starts the image, in a mode in which no JVM starts without its cache.
    private static void insist(Container container) {
        try (var production = Production.start()) {
            production
                    .gateway()
                    .in(container)
                    .environment("JAVA_TOOL_OPTIONS", "-XX:AOTMode=on")
                    .start()
                    .awaitReady()
                    .close();
        }
    }

    private static String base(Optional<Path> executable) {
        var named = System.getProperty("image.base", "");
        if (!named.isEmpty()) {
            return named;
        }
        var tar = IMAGE.resolve("base.tar");
        RegistryTool.command(
                "src/main/image/base.sh",
                tar.toString(),
                executable.map(Path::toString).orElse(""));
        said("base");
        return "tar://" + tar.toAbsolutePath();
    }

    private static Map<String, String> labels() {
        var labels = new TreeMap<String, String>();
        labels.put("title", "alltkn-gateway");
        labels.put("description", "The one place in a cluster where an ALLTKN credential lives.");
        labels.put("version", System.getProperty("image.version", "unknown"));
        if (Files.exists(Path.of(".git"))) {
            labels.put("revision", RegistryTool.command("git", "rev-parse", "HEAD").strip());
        }
        labels.put("base.name", System.getProperty("image.base", ""));
        labels.values().removeIf(String::isEmpty);
        var prefixed = new TreeMap<String, String>();
        labels.forEach((name, value) -> prefixed.put("org.opencontainers.image." + name, value));
        return prefixed;
    }

    /// The bill of materials without the time of its making, which would make each image another.
    private static Path sbom(Path packed) throws IOException {
        var json = new ObjectMapper();
        var packaged = packed.resolveSibling(packed.getFileName() + "-cyclonedx.json");
        var sbom = (ObjectNode) json.readTree(packaged.toFile());
        ((ObjectNode) sbom.get("metadata")).remove("timestamp");
        Files.createDirectories(IMAGE);
        var file = IMAGE.resolve("sbom.json");
        json.writeValue(file.toFile(), sbom);
        return file;
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (var files = Files.walk(directory)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void said(String step) {
        IO.println("%5.1f s  %s".formatted((System.nanoTime() - START) / 1e9, step));
    }
}
