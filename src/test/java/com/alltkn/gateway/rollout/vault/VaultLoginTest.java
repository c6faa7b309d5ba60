package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Reading;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.SourceFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every login is a matter of `quarkus.vault.authentication.*` alone.
class VaultLoginTest {

    private static final String PATH = "prod";
    private static final Map<String, Object> FIELDS =
            Map.of("ALLTKN_API_KEY", "test-key-" + UUID.randomUUID());
    private static final ConfiguredVaultClient CLIENTS = new ConfiguredVaultClient();

    private static OpenBaoServer server;
    private static FakeCluster cluster;

    @TempDir private Path directory;

    @BeforeAll
    static void startServer() {
        cluster = new FakeCluster();
        server = OpenBaoServer.inMemory();
        server.podPolicy("pod", PATH);
        server.write(PATH, FIELDS);
    }

    @AfterAll
    static void stopServer() {
        cluster.close();
        server.close();
        CLIENTS.close();
    }

    @Test
    void readsWithAToken() throws InterruptedException {
        var source = source(Map.of("authentication.client-token", server.token("pod")));

        assertThat(source.read()).isEqualTo(new Found(1, FIELDS));
    }

    @Test
    void readsWithAnAppRoleAndLogsInAgainAfterItsTokenWasRevoked() throws InterruptedException {
        server.enableLogin("approle");
        server.call("POST", "auth/approle/role/gateway", Map.of("token_policies", "pod"));
        var role = server.call("GET", "auth/approle/role/gateway/role-id", null);
        var secret = server.call("POST", "auth/approle/role/gateway/secret-id", Map.of());
        var source =
                source(
                        Map.of(
                                "authentication.app-role.role-id",
                                role.at("/data/role_id").asText(),
                                "authentication.app-role.secret-id",
                                secret.at("/data/secret_id").asText()));

        var first = source.read();
        server.call("POST", "sys/leases/revoke-prefix/auth/approle", Map.of());
        var second = source.read();

        assertThat(first).isEqualTo(new Found(1, FIELDS));
        assertThat(second).isEqualTo(new Unchanged());
    }

    @Test
    void readsWithAKubernetesServiceAccount() throws IOException, InterruptedException {
        server.enableLogin("kubernetes");
        server.call(
                "POST",
                "auth/kubernetes/config",
                Map.of(
                        "kubernetes_host",
                        cluster.url().toString(),
                        "kubernetes_ca_cert",
                        cluster.authority(),
                        "token_reviewer_jwt",
                        cluster.token("vault", "reviewer", "cluster")));
        server.call(
                "POST",
                "auth/kubernetes/role/gateway",
                Map.of(
                        "bound_service_account_names", "gateway",
                        "bound_service_account_namespaces", "alltkn",
                        "audience", "openbao",
                        "token_policies", "pod"));
        var token = directory.resolve("token");
        Files.writeString(token, cluster.token("alltkn", "gateway", "openbao"));
        var source =
                source(
                        Map.of(
                                "authentication.kubernetes.role", "gateway",
                                "authentication.kubernetes.jwt-token-path", token.toString(),
                                "tls.use-kubernetes-ca-cert", "false"));

        assertThat(source.read()).isEqualTo(new Found(1, FIELDS));
    }

    @Test
    void readsWithAJwtAndTellsOfOneThatIsRefused() throws IOException, InterruptedException {
        server.enableLogin("jwt");
        server.call(
                "POST", "auth/jwt/config", Map.of("jwt_validation_pubkeys", cluster.publicKey()));
        server.call(
                "POST",
                "auth/jwt/role/gateway",
                Map.of(
                        "role_type", "jwt",
                        "user_claim", "sub",
                        "bound_subject", "system:serviceaccount:alltkn:gateway",
                        "bound_audiences", "openbao",
                        "token_policies", "pod"));
        var token = directory.resolve("token");
        var source =
                source(
                        Map.of(
                                "authentication.kubernetes.role", "gateway",
                                "authentication.kubernetes.auth-mount-path", "jwt",
                                "authentication.kubernetes.jwt-token-path", token.toString(),
                                "tls.use-kubernetes-ca-cert", "false"));

        var without = source.read();
        Files.writeString(token, cluster.token("alltkn", "stranger", "openbao"));
        var stranger = source.read();
        Files.writeString(token, cluster.token("alltkn", "gateway", "openbao"));
        var good = source.read();

        assertThat(reason(without)).isEqualTo(SourceFailure.LOGIN_REFUSED);
        assertThat(stranger)
                .isEqualTo(
                        new Unavailable(
                                SourceFailure.LOGIN_REFUSED,
                                "the login was refused with status 400"));
        assertThat(good).isEqualTo(new Found(1, FIELDS));
    }

    private static VaultSource source(Map<String, String> login) {
        return source(CLIENTS, server, PATH, login);
    }

    /// @param clients makes the client
    /// @param server that is read
    /// @param path below the mount
    /// @param login as `quarkus.vault.*`, without the prefix
    static VaultSource source(
            ConfiguredVaultClient clients,
            OpenBaoServer server,
            String path,
            Map<String, String> login) {
        var properties = new HashMap<>(login);
        properties.put("url", server.url().toString());
        var client = clients.of(properties);
        var config =
                new VaultSourceConfig() {
                    @Override
                    public String mount() {
                        return OpenBaoServer.MOUNT;
                    }

                    @Override
                    public Duration pollInterval() {
                        return Duration.ofSeconds(30);
                    }

                    @Override
                    public Duration deadline() {
                        return Duration.ofSeconds(5);
                    }
                };
        return new VaultSource(() -> client, config, path, Clock.systemUTC());
    }

    private static SourceFailure reason(Reading reading) {
        assertThat(reading).isInstanceOf(Unavailable.class);
        return ((Unavailable) reading).reason();
    }
}
