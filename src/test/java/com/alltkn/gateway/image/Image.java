package com.alltkn.gateway.image;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.api.buildplan.Port;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;

/// What the image holds, from what changes least to what changes most: the base, the dependencies,
/// the application, the cache. Every file belongs to root, has the same time, and may be read but
/// not written by everybody; so the same files are the same image.
///
/// @param base a registry's reference, or `tar://` and a file
/// @param labels of the image
record Image(String base, Map<String, String> labels) {

    /// What the image is called in its tar; a registry calls it as it is told.
    private static final String NAME = "alltkn-gateway";

    private static final String HOME = "/app/";

    /// No user of any base has these.
    private static final String USER = "10001:10001";

    /// Half of what the pod may use is heap; the other half is for buffers outside of it, code,
    /// classes and threads. Which collector it is, is left to the JVM, which knows the pod's size.
    /// What the JVM itself has to say goes where the log goes, for standard output is for records.
    private static final List<String> JVM =
            List.of(
                    "java",
                    "-XX:+ExitOnOutOfMemoryError",
                    "-XX:MaxRAMPercentage=50",
                    "-XX:+UseCompactObjectHeaders",
                    "-XX:+DisplayVMOutputToStderr",
                    "-Xlog:disable",
                    "-Xlog:all=warning:stderr");

    Image {
        labels = Map.copyOf(labels);
    }

    /// Writes the image with the packaged application.
    ///
    /// @param application the directory that Quarkus packaged
    /// @param sbom its bill of materials
    /// @param cache of the JVM, trained with this very image without it
    /// @param tar in OCI's layout
    void write(Path application, Path sbom, Optional<Path> cache, Path tar) {
        var command = new ArrayList<>(JVM);
        // A cache that does not fit costs a second of the start; to insist on it would cost the
        // start.
        cache.ifPresent(file -> command.add("-XX:AOTCache=" + HOME + file.getFileName()));
        command.addAll(List.of("-jar", HOME + "quarkus-run.jar"));
        var layers = new ArrayList<FileEntriesLayer>();
        layers.add(layer("dependencies", List.of(application.resolve("lib"))));
        layers.add(
                layer(
                        "application",
                        List.of(
                                application.resolve("app"),
                                application.resolve("quarkus"),
                                application.resolve("quarkus-run.jar"),
                                sbom)));
        cache.ifPresent(file -> layers.add(layer("cache", List.of(file))));
        write(command, layers, tar);
    }

    /// Writes the image with a native executable.
    void writeNative(Path executable, Path sbom, Path tar) {
        var layer =
                FileEntriesLayer.builder()
                        .setName("application")
                        .addEntry(
                                executable,
                                AbsoluteUnixPath.get(HOME + NAME),
                                FilePermissions.fromOctalString("555"))
                        .addEntry(sbom, AbsoluteUnixPath.get(HOME + sbom.getFileName()))
                        .build();
        write(
                List.of(
                        HOME + NAME,
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:MaximumHeapSizePercent=50"),
                List.of(layer),
                tar);
    }

    private void write(List<String> command, List<FileEntriesLayer> layers, Path tar) {
        try {
            var builder =
                    Jib.from(base)
                            .setFormat(ImageFormat.OCI)
                            .setFileEntriesLayers(layers)
                            .setUser(USER)
                            .setWorkingDirectory(AbsoluteUnixPath.get("/app"))
                            .setExposedPorts(Port.tcp(8080), Port.tcp(9000))
                            .setEntrypoint(command)
                            .setLabels(labels);
            containerize(builder, tar);
        } catch (IOException | InvalidImageReferenceException e) {
            throw new IllegalStateException("cannot build on " + base, e);
        }
    }

    private static void containerize(JibContainerBuilder builder, Path tar)
            throws IOException, InvalidImageReferenceException {
        try {
            Files.createDirectories(tar.toAbsolutePath().getParent());
            builder.containerize(
                    Containerizer.to(TarImage.at(tar).named(NAME))
                            .setToolName(NAME)
                            .setApplicationLayersCache(tar.resolveSibling("layers")));
        } catch (RegistryException | CacheDirectoryCreationException | ExecutionException e) {
            throw new IllegalStateException("cannot write " + tar, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static FileEntriesLayer layer(String name, List<Path> files) {
        try {
            var layer = FileEntriesLayer.builder().setName(name);
            for (var file : files) {
                layer.addEntryRecursive(file, AbsoluteUnixPath.get(HOME + file.getFileName()));
            }
            return layer.build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
