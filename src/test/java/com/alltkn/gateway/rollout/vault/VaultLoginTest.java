package com.alltkn.gateway.rollout.vault;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Reading;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.SourceFailure;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
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
    private static KeyPair issuer;

    @TempDir private Path directory;

    @BeforeAll
    static void startServer() throws GeneralSecurityException {
        server = OpenBaoServer.inMemory();
        server.podPolicy("pod", PATH);
        server.write(PATH, FIELDS);
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        issuer = generator.generateKeyPair();
    }

    @AfterAll
    static void stopServer() {
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
    void readsWithAKubernetesServiceAccount()
            throws IOException, GeneralSecurityException, InterruptedException {
        var cluster = tokenReview();
        try {
            server.enableLogin("kubernetes");
            server.call(
                    "POST",
                    "auth/kubernetes/config",
                    Map.of(
                            "kubernetes_host",
                            "http://127.0.0.1:" + cluster.getAddress().getPort(),
                            "kubernetes_ca_cert",
                            anyAuthority(),
                            "token_reviewer_jwt",
                            jwt("system:serviceaccount:vault:reviewer")));
            server.call(
                    "POST",
                    "auth/kubernetes/role/gateway",
                    Map.of(
                            "bound_service_account_names", "gateway",
                            "bound_service_account_namespaces", "alltkn",
                            "audience", "openbao",
                            "token_policies", "pod"));
            var token = directory.resolve("token");
            Files.writeString(token, jwt("system:serviceaccount:alltkn:gateway"));
            var source =
                    source(
                            Map.of(
                                    "authentication.kubernetes.role", "gateway",
                                    "authentication.kubernetes.jwt-token-path", token.toString(),
                                    "tls.use-kubernetes-ca-cert", "false"));

            assertThat(source.read()).isEqualTo(new Found(1, FIELDS));
        } finally {
            cluster.stop(0);
        }
    }

    @Test
    void readsWithAJwtAndTellsOfOneThatIsRefused()
            throws IOException, GeneralSecurityException, InterruptedException {
        server.enableLogin("jwt");
        server.call(
                "POST",
                "auth/jwt/config",
                Map.of(
                        "jwt_validation_pubkeys",
                        pem("PUBLIC KEY", issuer.getPublic().getEncoded())));
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
        Files.writeString(token, jwt("system:serviceaccount:alltkn:stranger"));
        var stranger = source.read();
        Files.writeString(token, jwt("system:serviceaccount:alltkn:gateway"));
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
        var properties = new HashMap<>(login);
        properties.put("url", server.url().toString());
        var client = CLIENTS.of(properties);
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
        return new VaultSource(() -> client, config, PATH, Clock.systemUTC());
    }

    private static SourceFailure reason(Reading reading) {
        assertThat(reading).isInstanceOf(Unavailable.class);
        return ((Unavailable) reading).reason();
    }

    /// What a cluster answers when asked whether a token is one of its service accounts'.
    private static HttpServer tokenReview() throws IOException {
        var cluster =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        cluster.createContext(
                "/apis/authentication.k8s.io/v1/tokenreviews",
                exchange -> {
                    var body =
                            """
                            {"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview",
                             "status":{"authenticated":true,"audiences":["openbao"],
                             "user":{"username":"system:serviceaccount:alltkn:gateway",
                             "uid":"00000000-0000-0000-0000-000000000001",
                             "groups":["system:serviceaccounts"]}}}
                            """
                                    .getBytes(UTF_8);
                    exchange.getResponseHeaders().add("Content-Type", "application/json");
                    exchange.sendResponseHeaders(201, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        cluster.start();
        return cluster;
    }

    private static String jwt(String subject) throws GeneralSecurityException {
        var now = Instant.now().getEpochSecond();
        var account = subject.substring(subject.lastIndexOf(':') + 1);
        var unsigned =
                base64("{\"alg\":\"RS256\",\"typ\":\"JWT\"}".getBytes(UTF_8))
                        + "."
                        + base64(
                                """
                                {"iss":"https://cluster.example","sub":"%s","aud":["openbao"],
                                 "iat":%d,"nbf":%d,"exp":%d,
                                 "kubernetes.io":{"namespace":"alltkn","serviceaccount":
                                 {"name":"%s","uid":"00000000-0000-0000-0000-000000000001"}}}
                                """
                                        .formatted(subject, now, now, now + 600, account)
                                        .getBytes(UTF_8));
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(issuer.getPrivate());
        signature.update(unsigned.getBytes(UTF_8));
        return unsigned + "." + base64(signature.sign());
    }

    /// A certificate that the configuration wants and plain http never uses.
    private static String anyAuthority() throws GeneralSecurityException {
        var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        var trust = (X509TrustManager) factory.getTrustManagers()[0];
        return pem("CERTIFICATE", trust.getAcceptedIssuers()[0].getEncoded());
    }

    private static String pem(String type, byte[] bytes) {
        return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                .formatted(
                        type, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes));
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
