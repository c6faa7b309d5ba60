package com.alltkn.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.laboratory.TestCertificates;
import com.alltkn.gateway.rollout.vault.FakeCluster;
import com.alltkn.gateway.rollout.vault.OpenBaoServer;
import com.alltkn.gateway.rollout.vault.VaultSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// The packaged application with the environment and the files that a pod of each overlay has,
/// against a Vault that was set up as its page says and that reviews the pod's token as a cluster
/// does. Only the addresses are those of this machine.
@ParameterizedClass
@ValueSource(strings = {"test", "staging", "prod"})
class DeployedIT {

    @TempDir private static Path files;

    private static TestCertificates certificates;
    private static ScriptedUpstream upstream;
    private static OpenBaoServer vault;
    private static FakeCluster cluster;

    @TempDir private Path root;

    private final String environment;
    private final Manifests manifests;

    DeployedIT(String environment) {
        this.environment = environment;
        this.manifests = Manifests.of(environment);
    }

    @BeforeAll
    static void start() throws IOException {
        certificates = TestCertificates.create();
        upstream = ScriptedUpstream.start(certificates.serverContext());
        vault =
                OpenBaoServer.withTls(
                        certificates.certPem(), certificates.keyPem(), certificates.caPem());
        cluster = new FakeCluster();
        var authority = Files.writeString(files.resolve("ca.pem"), cluster.authority());
        var reviewer =
                Files.writeString(
                        files.resolve("reviewer"), cluster.token("vault", "reviewer", "cluster"));
        KubernetesLogin.enable(
                new VaultSetup(vault.url(), vault.rootToken(), files, "bao"),
                certificates.caPem(),
                cluster.url().toString(),
                authority,
                reviewer);
    }

    @AfterAll
    static void stop() {
        cluster.close();
        vault.close();
        upstream.close();
    }

    @Test
    void becomesReadyAndTellsTheMeterThatItIsScaledOn() throws IOException {
        vault.write(
                environment,
                Map.of(
                        "ALLTKN_API_KEY",
                        "test-key-" + UUID.randomUUID(),
                        "ALLTKN_BASE_URL",
                        upstream.baseUrl().toString()));

        try (var gateway = pod().start().awaitReady()) {
            var probed =
                    List.of("startupProbe", "livenessProbe", "readinessProbe").stream()
                            .map(name -> manifests.container().path(name).at("/httpGet/path"))
                            .map(path -> status(gateway, path.asText()))
                            .toList();
            var scraped =
                    gateway.management(
                                    manifests
                                            .one("ServiceMonitor", "alltkn-gateway")
                                            .at("/spec/endpoints/0/path")
                                            .asText())
                            .bodyText();

            assertThat(probed).containsOnly(200);
            assertThat(scraped.lines())
                    .contains(
                            manifests
                                            .one("HorizontalPodAutoscaler", "alltkn-gateway")
                                            .at("/spec/metrics/0/pods/metric/name")
                                            .asText()
                                    + " 0.0")
                    .contains("gateway_revision_number 1.0");
        }
    }

    /// A process with what a pod has, its files below a directory of this test.
    private GatewayProcess.Launch pod() throws IOException {
        write("QUARKUS_VAULT_AUTHENTICATION_KUBERNETES_JWT_TOKEN_PATH", token());
        write("QUARKUS_VAULT_TLS_CA_CERT", Files.readString(certificates.caPem()));
        var callers = manifests.mounted("GATEWAY_CALLERS_FILE");
        write(
                "GATEWAY_CALLERS_FILE",
                manifests
                        .one("ConfigMap", callers.volume().at("/configMap/name").asText())
                        .path("data")
                        .path(callers.path())
                        .asText());
        write("GATEWAY_REDIS_PASSWORD_FILE", "test-password-" + UUID.randomUUID());
        var launch = GatewayProcess.inProfile(environment);
        manifests
                .environment()
                .forEach((name, value) ->
                        launch.environment(name, value.startsWith("/") ? root + value : value));
        return launch.environment("QUARKUS_VAULT_URL", vault.url().toString())
                .environment("GATEWAY_UPSTREAM_ALLOWED_HOSTS", "localhost")
                .environment("GATEWAY_UPSTREAM_TLS_CONFIGURATION", "upstream")
                .property(
                        "quarkus.tls.upstream.trust-store.pem.certs",
                        certificates.caPem().toString())
                // Back to what keeps a process of a test to this machine.
                .environment("QUARKUS_HTTP_HOST", "127.0.0.1")
                .environment("QUARKUS_MANAGEMENT_HOST", "127.0.0.1")
                .environment("QUARKUS_SHUTDOWN_DELAY", "0S");
    }

    /// The token that the kubelet would put where the pod's manifest says.
    private String token() {
        var sources =
                manifests
                        .mounted("QUARKUS_VAULT_AUTHENTICATION_KUBERNETES_JWT_TOKEN_PATH")
                        .volume()
                        .at("/projected/sources");
        return cluster.token(
                manifests.deployment().at("/metadata/namespace").asText(),
                manifests.pod().at("/spec/serviceAccountName").asText(),
                Manifests.elements(sources)
                        .map(source -> source.at("/serviceAccountToken/audience").asText())
                        .filter(audience -> !audience.isEmpty())
                        .findFirst()
                        .orElseThrow());
    }

    private void write(String variable, String content) throws IOException {
        var name = manifests.environment().get(variable);
        if (name != null) {
            var file = Path.of(root + name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
        }
    }

    private static int status(GatewayProcess gateway, String path) {
        try {
            return gateway.management(path).status();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
