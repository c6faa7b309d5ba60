package com.alltkn.gateway.laboratory;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// An image that is unpacked, and started as a pod of the strictest kind would start it: with the
/// image's own user, a root that nobody can write to, no capability, and no way to gain any. Only
/// the network is the machine's, so that it reaches what listens on loopback.
///
/// Both takes root and Linux.
public final class Container {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final RegistryTool UMOCI = RegistryTool.debian("umoci");
    private static final RegistryTool CRUN =
            RegistryTool.debian("crun", "libyajl2", "libseccomp2", "libcap2");

    private final Path directory;

    private Container(Path directory) {
        this.directory = directory;
    }

    /// Unpacks an image.
    ///
    /// @param tar an image layout of the OCI in a tar
    /// @param directory that does not exist yet
    public static Container unpack(Path tar, Path directory) {
        try {
            var container = new Container(directory.toAbsolutePath());
            var layout = Files.createDirectories(container.layout());
            RegistryTool.command("tar", "-xf", tar.toString(), "-C", layout.toString());
            // Jib names no tag where it writes a layout.
            var index = (ObjectNode) JSON.readTree(layout.resolve("index.json").toFile());
            ((ObjectNode) index.at("/manifests/0"))
                    .putObject("annotations")
                    .put("org.opencontainers.image.ref.name", "it");
            JSON.writeValue(layout.resolve("index.json").toFile(), index);
            UMOCI.run("unpack", "--image", layout + ":it", container.bundle().toString()).success();
            return container;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The image's files.
    public Path root() {
        return bundle().resolve("rootfs");
    }

    /// The digest by which the image is known.
    public String manifestDigest() throws IOException {
        return JSON.readTree(layout().resolve("index.json").toFile())
                .at("/manifests/0/digest")
                .asText();
    }

    /// A part of the image by its digest.
    public Path blob(String digest) {
        return layout().resolve("blobs").resolve(digest.replace(':', '/'));
    }

    /// The command that starts it and hands a signal on to it.
    ///
    /// @param environment its own, beside the image's. A file that it names is there too, at the
    ///   same place and for everybody to read, as the volume of a pod would have it
    /// @param options put behind the first word of the image's command
    /// @param writable directories of this machine, each with its place
    List<String> command(
            Map<String, String> environment, List<String> options, Map<Path, String> writable)
            throws IOException {
        var config = (ObjectNode) JSON.readTree(bundle().resolve("config.json").toFile());
        var run = Files.createTempDirectory(directory, "run");
        var process = (ObjectNode) config.get("process");
        process.put("terminal", false);
        process.put("noNewPrivileges", true);
        process.putObject("capabilities");
        var args = (ArrayNode) process.get("args");
        for (var i = 0; i < options.size(); i++) {
            args.insert(1 + i, options.get(i));
        }
        var env = (ArrayNode) process.get("env");
        environment.forEach((name, value) -> {
            if (!name.equals("PATH")) {
                env.add(name + "=" + value);
            }
        });
        ((ObjectNode) config.get("root")).put("path", root().toString()).put("readonly", true);
        var mounts = (ArrayNode) config.get("mounts");
        mounts.removeIf(mount -> mount.path("type").asText().equals("cgroup"));
        for (var value : environment.values()) {
            if (value.startsWith("/") && Files.isRegularFile(Path.of(value))) {
                var copy = Files.copy(Path.of(value), run.resolve(UUID.randomUUID().toString()));
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("r--r--r--"));
                mount(mounts, copy, value, "ro");
            }
        }
        for (var entry : writable.entrySet()) {
            mount(mounts, entry.getKey().toAbsolutePath(), entry.getValue(), "rw");
        }
        var linux = (ObjectNode) config.get("linux");
        linux.remove("resources");
        ((ArrayNode) linux.get("namespaces"))
                .removeIf(namespace -> namespace.path("type").asText().equals("network"));
        JSON.writeValue(run.resolve("config.json").toFile(), config);
        // crun refuses a machine that has both versions of cgroups, although it is told to make
        // none:
        // so it is shown neither.
        var command =
                new ArrayList<>(
                        List.of(
                                "unshare",
                                "--mount",
                                "sh",
                                "-ec",
                                "mount -t tmpfs none /sys/fs/cgroup; exec \"$@\"",
                                "sh"));
        command.add(CRUN.find().toString());
        command.addAll(List.of("--cgroup-manager", "disabled"));
        command.addAll(List.of("--root", directory.resolve("state").toString()));
        command.addAll(List.of("run", "--bundle", run.toString(), run.getFileName().toString()));
        return command;
    }

    private Path layout() {
        return directory.resolve("layout");
    }

    private Path bundle() {
        return directory.resolve("bundle");
    }

    private static void mount(ArrayNode mounts, Path source, String target, String mode) {
        var mount = mounts.addObject();
        mount.put("type", "bind").put("source", source.toString()).put("destination", target);
        mount.putArray("options").add("bind").add(mode).add("nosuid").add("nodev");
    }
}
