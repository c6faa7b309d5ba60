package com.alltkn.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RegistryTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What others' tools say of the manifests.
class ManifestLintTest {

    private static final RegistryTool KUBERNETES_VALIDATE =
            RegistryTool.python("kubernetes-validate", "1.37.0");
    private static final RegistryTool KUBE_SCORE =
            RegistryTool.go("kube-score", "github.com/zegl/kube-score/cmd/kube-score", "v1.20.0");
    private static final RegistryTool CHECKOV = RegistryTool.python("checkov", "3.3.30");

    private static final List<String> FILES = new ArrayList<>();

    @BeforeAll
    static void render() throws IOException {
        var directory = Files.createDirectories(Path.of("target", "manifests"));
        for (var environment : List.of("test", "staging", "prod")) {
            var file = directory.resolve(environment + ".yaml");
            FILES.add(Files.writeString(file, Manifests.of(environment).yaml()).toString());
        }
    }

    /// The oldest version that has all that is used, and the newest that the tool knows.
    @ParameterizedTest
    @ValueSource(strings = {"1.27", "1.37"})
    void fitTheSchemasOfKubernetes(String version) {
        var outcome = run(KUBERNETES_VALIDATE, "--strict", "-k", version);

        assertThat(outcome.status()).as(outcome.toString()).isZero();
        // Of what the Prometheus operator brings it has no schema.
        assertThat((outcome.out() + outcome.err()).lines().filter(line -> !line.startsWith("INFO")))
                .hasSameSizeAs(FILES)
                .allMatch(line -> line.contains("kind ServiceMonitor"));
    }

    @Test
    void passKubeScore() {
        var outcome =
                run(
                        KUBE_SCORE,
                        "score",
                        "--exit-one-on-warning",
                        "--enable-optional-test=container-memory-requests-equal-limits",
                        "--enable-optional-test=container-ports-check",
                        "--enable-optional-test=container-seccomp-profile",
                        // A limit stops every stream of a pod while the node may be idle.
                        "--ignore-container-cpu-limit",
                        // A pod shall start on a node that has the image while the registry is
                        // away.
                        "--ignore-test=container-image-pull-policy");

        assertThat(outcome.status()).as(outcome.toString()).isZero();
    }

    @Test
    void passCheckov() {
        var outcome =
                run(
                        CHECKOV,
                        "--quiet",
                        "--compact",
                        "--skip-download",
                        "--framework=kubernetes",
                        "--framework=secrets",
                        // No CPU limit: it stops every stream of a pod while the node may be idle.
                        "--skip-check=CKV_K8S_11",
                        // A pod shall start on a node that has the image while the registry is
                        // away.
                        "--skip-check=CKV_K8S_15",
                        // A digest is known once an image is pushed; each overlay says how to name
                        // it.
                        "--skip-check=CKV_K8S_43",
                        "--file");

        assertThat(outcome.status()).as(outcome.toString()).isZero();
    }

    private static RegistryTool.Outcome run(RegistryTool tool, String... options) {
        return tool.run(Stream.concat(Stream.of(options), FILES.stream()).toArray(String[]::new));
    }
}
