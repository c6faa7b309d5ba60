package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.SourceFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whom the Kubernetes login lets in that the script makes.
class KubernetesSetupTest {

    private static final Map<String, Object> FIELDS =
            Map.of("ALLTKN_API_KEY", "test-key-" + UUID.randomUUID());
    private static final ConfiguredVaultClient CLIENTS = new ConfiguredVaultClient();

    @TempDir private static Path files;

    private static OpenBaoServer server;
    private static FakeCluster cluster;

    @TempDir private Path directory;

    @BeforeAll
    static void setUp() throws IOException {
        server = OpenBaoServer.inMemory();
        cluster = new FakeCluster();
        var authority = Files.writeString(files.resolve("ca.pem"), cluster.authority());
        var reviewer =
                Files.writeString(
                        files.resolve("reviewer"), cluster.token("vault", "reviewer", "cluster"));
        new VaultSetup(server.url(), server.rootToken(), files, "bao")
                .run(
                        "--environments", "test prod",
                        "--logins", "kubernetes",
                        "--kubernetes-audience", "vault",
                        "--kubernetes-namespace", "alltkn-{environment}",
                        "--kubernetes-host", cluster.url().toString(),
                        "--kubernetes-ca", authority.toString(),
                        "--kubernetes-reviewer-token-file", reviewer.toString())
                .success();
        server.write("test", FIELDS);
        server.write("prod", FIELDS);
    }

    @AfterAll
    static void stop() {
        CLIENTS.close();
        cluster.close();
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"alltkn-test, test", "alltkn-prod, prod"})
    void letsThePodsOfAnEnvironmentReadItsSettings(String namespace, String environment)
            throws IOException, InterruptedException {
        try (var log = new LogTap()) {
            var source = source(environment, cluster.token(namespace, "alltkn-gateway", "vault"));

            assertThat(source.read()).isEqualTo(new Found(1, FIELDS));
            // A lease within the client's grace period would be renewed at every call.
            assertThat(log.lines()).noneMatch(line -> line.contains("renew grace period"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "alltkn-test, alltkn-gateway, other",
        "alltkn-else, alltkn-gateway, vault",
        "alltkn-prod, alltkn-gateway, vault",
        "alltkn-test, default, vault",
    })
    void keepsOutAnotherAudienceNamespaceOrName(String namespace, String account, String audience)
            throws IOException, InterruptedException {
        var source = source("test", cluster.token(namespace, account, audience));

        assertThat(source.read())
                .isEqualTo(
                        new Unavailable(
                                SourceFailure.LOGIN_REFUSED,
                                "the login was refused with status 403"));
    }

    /// Why the script does not go on without an audience.
    @Test
    void aRoleWithoutAnAudienceWouldTakeATokenThatWasMadeForAnother() {
        server.call(
                "POST",
                "auth/kubernetes/role/careless",
                Map.of(
                        "bound_service_account_names", "alltkn-gateway",
                        "bound_service_account_namespaces", "alltkn-test",
                        "token_policies", "alltkn-pod-test"));

        var login =
                server.call(
                        "POST",
                        "auth/kubernetes/login",
                        Map.of(
                                "role",
                                "careless",
                                "jwt",
                                cluster.token("alltkn-test", "alltkn-gateway", "other")));

        assertThat(login.at("/auth/policies").toString()).contains("alltkn-pod-test");
    }

    private VaultSource source(String environment, String token) throws IOException {
        var file = Files.writeString(directory.resolve("token"), token);
        return VaultLoginTest.source(
                CLIENTS,
                server,
                environment,
                Map.of(
                        "authentication.kubernetes.role",
                        "alltkn-pod-" + environment,
                        "authentication.kubernetes.jwt-token-path",
                        file.toString(),
                        "tls.use-kubernetes-ca-cert",
                        "false",
                        "renew-grace-period",
                        graceOfTheGateway()));
    }

    private static String graceOfTheGateway() throws IOException {
        var properties = new Properties();
        try (var in = Files.newInputStream(Path.of("src/main/resources/application.properties"))) {
            properties.load(in);
        }
        return properties.getProperty("quarkus.vault.renew-grace-period");
    }
}
