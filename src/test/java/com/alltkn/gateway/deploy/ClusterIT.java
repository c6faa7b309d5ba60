package com.alltkn.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.FreePort;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RegistryTool;
import com.alltkn.gateway.rollout.vault.VaultSetup;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a real API server of Kubernetes says of the manifests, of the pods' tokens that Vault has
/// it review, and of the keys of callers' tokens. There are no nodes: no pod runs.
@Tag("cluster")
class ClusterIT {

    private static final RegistryTool API_SERVER = RegistryTool.kubernetes("35.4");
    private static final List<String> ENVIRONMENTS = List.of("test", "staging", "prod");
    private static final List<Process> PROCESSES = new ArrayList<>();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LOGIN = "auth/kubernetes/login";
    private static final String ADMINISTRATOR = "test-administrator-" + UUID.randomUUID();

    @TempDir private static Path files;

    private static Production production;
    private static String url;

    @BeforeAll
    static void start() throws IOException {
        production = Production.start();
        var etcd = "http://127.0.0.1:" + FreePort.find();
        launch(
                "etcd",
                "--data-dir=" + files.resolve("etcd"),
                "--listen-client-urls=" + etcd,
                "--advertise-client-urls=" + etcd,
                "--listen-peer-urls=http://127.0.0.1:" + FreePort.find());
        var port = FreePort.find();
        url = "https://127.0.0.1:" + port;
        var users = files.resolve("users.csv");
        Files.writeString(users, ADMINISTRATOR + ",administrator,1,system:masters\n");
        var certificates = production.certificates();
        launch(
                "kube-apiserver",
                "--etcd-servers=" + etcd,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--tls-cert-file=" + certificates.certPem(),
                "--tls-private-key-file=" + certificates.keyPem(),
                "--token-auth-file=" + users,
                "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
                "--service-account-key-file=" + certificates.certPem(),
                "--service-account-signing-key-file=" + certificates.keyPem());
        await().atMost(Duration.ofMinutes(2))
                .ignoreExceptions()
                .until(() -> kubectl("get", "--raw=/readyz").equals("ok"));
        for (var environment : ENVIRONMENTS) {
            // The Prometheus operator's kinds are not known here.
            apply(
                    Manifests.of(environment).resources().stream()
                            .filter(resource -> !resource.path("kind").asText().endsWith("Monitor"))
                            .toList());
        }
        setUpVault();
    }

    @AfterAll
    static void stop() {
        PROCESSES.reversed().forEach(Process::destroyForcibly);
        production.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"test", "staging", "prod"})
    void admitsThePodsAndNoneWithMoreRights(String environment) throws IOException {
        var pod = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
        pod.setAll((ObjectNode) Manifests.of(environment).pod().deepCopy());
        pod.withObject("/metadata").put("name", "one").put("namespace", "alltkn-" + environment);
        var greedy = pod.deepCopy();
        greedy.withObject("/spec").put("hostNetwork", true);

        assertThat(apply(List.of(pod))).isEqualTo("pod/one created\n");
        greedy.withObject("/metadata").put("name", "greedy");
        assertThatIllegalStateException()
                .isThrownBy(() -> apply(List.of(greedy)))
                .withMessageContaining("violates PodSecurity \"restricted:latest\"");
    }

    @ParameterizedTest
    @CsvSource({
        "alltkn-prod, alltkn-gateway, vault, true",
        "alltkn-prod, alltkn-gateway, other, false",
        "alltkn-prod, alltkn-gateway, '', false",
        "alltkn-staging, alltkn-gateway, vault, false",
        "vault, vault, vault, false",
    })
    void reviewsForVault(String namespace, String account, String audience, boolean good) {
        var login = Map.of("role", "alltkn-pod-prod", "jwt", token(namespace, account, audience));

        if (good) {
            assertThat(
                            production
                                    .vault()
                                    .call("POST", LOGIN, login)
                                    .at("/auth/policies/0")
                                    .asText())
                    .isEqualTo("alltkn-pod-prod");
        } else {
            assertThatIllegalStateException()
                    .isThrownBy(() -> production.vault().call("POST", LOGIN, login))
                    .withMessageContaining(" 403 ");
        }
    }

    @Test
    void tellsTheGatewayTheKeysOfCallersTokens(@TempDir Path directory) throws IOException {
        Files.writeString(
                production.callersFile(),
                "callers: [{id: vault, subjects: ['system:serviceaccount:vault:vault']}]");
        var bearer = directory.resolve("token");
        Files.writeString(bearer, token("alltkn-prod", "alltkn-gateway", ""));
        var launch = production.gateway();
        ManifestsTest.settingsForTokens().forEach(launch::environment);
        launch.environment("GATEWAY_CALLERS_TOKENS_JWKS_URL", url + "/openid/v1/jwks")
                .environment("GATEWAY_CALLERS_TOKENS_BEARER_FILE", bearer.toString())
                .environment(
                        "QUARKUS_TLS_CLUSTER_TRUST_STORE_PEM_CERTS",
                        production.certificates().caPem().toString());

        try (var gateway = launch.start().awaitReady()) {
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> gateway.metric("gateway_callers_keys_age_seconds") >= 0);

            assertThat(
                            Stream.of("alltkn-gateway", "vault")
                                    .map(audience -> token("vault", "vault", audience))
                                    .map(token -> "authorization: Bearer " + token)
                                    .map(header -> status(gateway, header)))
                    .containsExactly(200, 401);
        }
    }

    /// As `deploy/vault/README.md` says, by an account of Vault with the right that it names.
    private static void setUpVault() throws IOException {
        var page = Manifests.read(Path.of("deploy", "vault", "README.md"));
        var right =
                Pattern.compile("^kubectl (create clusterrolebinding .*)$", Pattern.MULTILINE)
                        .matcher(page);
        assertThat(right.find()).isTrue();
        kubectl("create", "namespace", "vault");
        kubectl("create", "serviceaccount", "vault", "--namespace=vault");
        kubectl(right.group(1).split(" "));
        var reviewer = Files.writeString(files.resolve("reviewer"), token("vault", "vault", ""));
        var authority = production.certificates().caPem();
        KubernetesLogin.enable(
                new VaultSetup(
                        production.vault().url(), production.vault().rootToken(), files, "bao"),
                authority,
                url,
                authority,
                reviewer);
    }

    private static int status(GatewayProcess gateway, String header) {
        try {
            return gateway.send(
                            RawHttp.post(
                                    "/v1/chat/completions",
                                    "{\"model\":\"m\",\"messages\":[]}",
                                    header))
                    .status();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String token(String namespace, String account, String audience) {
        var command = new ArrayList<>(List.of("create", "token", account, "-n", namespace));
        if (!audience.isEmpty()) {
            command.add("--audience=" + audience);
        }
        return kubectl(command.toArray(String[]::new)).strip();
    }

    private static String apply(List<? extends JsonNode> resources) throws IOException {
        var file = Files.createTempFile(files, "resources", ".json");
        Files.writeString(
                file,
                JSON.writeValueAsString(
                        Map.of("apiVersion", "v1", "kind", "List", "items", resources)));
        return kubectl("apply", "--validate=strict", "--filename=" + file);
    }

    private static String kubectl(String... arguments) {
        var command = new ArrayList<>(List.of(program("kubectl"), "--server=" + url));
        command.add("--token=" + ADMINISTRATOR);
        command.add("--certificate-authority=" + production.certificates().caPem());
        command.addAll(List.of(arguments));
        return RegistryTool.command(command.toArray(String[]::new));
    }

    private static void launch(String program, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(program(program)));
        command.addAll(List.of(arguments));
        PROCESSES.add(
                new ProcessBuilder(command)
                        .directory(files.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(
                                Path.of("target", program + ".log").toAbsolutePath().toFile())
                        .start());
    }

    private static String program(String name) {
        return API_SERVER.find().resolveSibling(name).toString();
    }
}
