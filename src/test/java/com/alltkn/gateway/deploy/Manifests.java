package com.alltkn.gateway.deploy;

import com.alltkn.gateway.laboratory.RegistryTool;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// What kustomize makes of a directory, and what would be applied to a cluster.
///
/// @param yaml as it was rendered
/// @param resources each of them
record Manifests(String yaml, List<JsonNode> resources) {

    static final Path DIRECTORY = Path.of("deploy", "kubernetes");

    private static final RegistryTool KUSTOMIZE =
            RegistryTool.go("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "v5.8.2");
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final Map<String, Manifests> RENDERED = new ConcurrentHashMap<>();

    /// The manifests of an environment.
    static Manifests of(String environment) {
        return RENDERED.computeIfAbsent(
                environment, name -> render(DIRECTORY.resolve("overlays").resolve(name)));
    }

    /// The manifests that a directory holds.
    static Manifests render(Path directory) {
        var yaml = KUSTOMIZE.run("build", directory.toString()).success();
        return new Manifests(yaml, documents(yaml));
    }

    /// The documents of a file.
    static List<JsonNode> documents(String yaml) {
        try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            return documents.readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The only resource of a kind and name.
    JsonNode one(String kind, String name) {
        var found = all(kind).filter(r -> r.at("/metadata/name").asText().equals(name)).toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " resources are a " + kind + " " + name);
        }
        return found.getFirst();
    }

    Stream<JsonNode> all(String kind) {
        return resources.stream().filter(r -> r.path("kind").asText().equals(kind));
    }

    JsonNode deployment() {
        return one("Deployment", "alltkn-gateway");
    }

    /// What the pods are made from.
    JsonNode pod() {
        return deployment().at("/spec/template");
    }

    /// The only container of a pod.
    JsonNode container() {
        var containers = pod().at("/spec/containers");
        if (containers.size() != 1) {
            throw new AssertionError("a pod has " + containers.size() + " containers");
        }
        return containers.get(0);
    }

    /// The environment of the process.
    Map<String, String> environment() {
        var environment = new TreeMap<String, String>();
        for (var variable : container().path("env")) {
            var name = variable.path("name").asText();
            if (!variable.path("value").isTextual()
                    || environment.put(name, variable.path("value").asText()) != null) {
                throw new AssertionError("no text, or twice: " + name);
            }
        }
        return environment;
    }

    /// The volume with the file that a variable names.
    Mounted mounted(String variable) {
        var file = environment().getOrDefault(variable, "");
        for (var mount : container().path("volumeMounts")) {
            var directory = mount.path("mountPath").asText() + "/";
            if (file.startsWith(directory)) {
                return new Mounted(
                        mount,
                        elements(pod().at("/spec/volumes"))
                                .filter(v -> v.path("name").equals(mount.path("name")))
                                .findFirst()
                                .orElseThrow(),
                        file.substring(directory.length()));
            }
        }
        throw new AssertionError("nothing is mounted for " + variable + "=" + file);
    }

    /// The elements of a list, none where there is no list.
    static Stream<JsonNode> elements(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    /// The fields of an object as text.
    static Map<String, String> texts(JsonNode object) {
        var texts = new TreeMap<String, String>();
        object.properties().forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
        return texts;
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A file in a volume.
    ///
    /// @param mount of the container
    /// @param volume of the pod
    /// @param path of the file in the volume
    record Mounted(JsonNode mount, JsonNode volume, String path) {}
}
