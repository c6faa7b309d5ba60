package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Toxic;
import com.alltkn.gateway.laboratory.ToxicProxy;
import com.alltkn.gateway.rollout.Reading;
import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Misdirected;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.SourceFailure;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.vault.client.VaultClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VaultSourceTest {

    private static final String KEY = "test-key-" + UUID.randomUUID();
    private static final Duration DEADLINE = Duration.ofMillis(1500);

    private static final ConfiguredVaultClient CLIENTS = new ConfiguredVaultClient();

    private static OpenBaoServer server;
    private static String token;

    private final String path = "env-" + UUID.randomUUID();
    private VaultSource source;

    @BeforeAll
    static void startServer() {
        server = OpenBaoServer.inMemory();
        server.policy(
                "pod",
                """
                path "alltkn/data/*" { capabilities = ["read"] }
                path "alltkn/metadata/*" { capabilities = ["read"] }
                """);
        token = server.token("pod");
    }

    @AfterAll
    static void stopServer() {
        server.close();
        CLIENTS.close();
    }

    @BeforeEach
    void makeSource() {
        source = source(server.url(), token);
    }

    @Test
    void findsTheFieldsUnderTheirVersionAndThenNothingNew() throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));

        assertThat(source.read()).isEqualTo(new Found(1, Map.of("ALLTKN_API_KEY", KEY)));
        assertThat(source.read()).isEqualTo(new Unchanged());
        assertThat(source.read()).isEqualTo(new Unchanged());
    }

    @Test
    void followsANewVersion() throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        source.read();

        server.patch(path, Map.of("AI_LOG_LEVEL", "debug"));

        assertThat(source.read())
                .isEqualTo(new Found(2, Map.of("ALLTKN_API_KEY", KEY, "AI_LOG_LEVEL", "debug")));
    }

    @Test
    void takesNumbersBooleansAndNulls() throws InterruptedException {
        var fields = new HashMap<String, Object>();
        fields.put("ALLTKN_API_KEY", KEY);
        fields.put("AI_REQUEST_TIMEOUT_MS", 30000);
        fields.put("OTHER", true);
        fields.put("ALLTKN_DEFAULT_MODEL", null);
        server.write(path, fields);

        assertThat(source.read())
                .isEqualTo(
                        new Found(
                                1,
                                Map.of(
                                        "ALLTKN_API_KEY",
                                        KEY,
                                        "AI_REQUEST_TIMEOUT_MS",
                                        30000,
                                        "OTHER",
                                        true)));
    }

    @Test
    void tellsTheSameContentFromItsNextWriting() throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        var first = source.read();
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        var second = source.read();

        server.deleteMetadata(path);
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        var anew = source.read();

        assertThat(List.of(first, second, anew))
                .map(reading -> ((Found) reading).writing())
                .doesNotHaveDuplicates();
    }

    @Test
    void seesOtherContentUnderTheSameNumberAfterTheMetadataWereDeleted()
            throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        source.read();

        server.deleteMetadata(path);
        server.write(path, Map.of("ALLTKN_API_KEY", KEY + "-2"));

        assertThat(source.read()).isEqualTo(new Found(1, Map.of("ALLTKN_API_KEY", KEY + "-2")));
    }

    @Test
    void tellsAbsentDeletedAndDestroyedApart() throws InterruptedException {
        assertThat(reason(source.read())).isEqualTo(SourceFailure.ABSENT);

        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        source.read();
        server.delete(path);
        assertThat(reason(source.read())).isEqualTo(SourceFailure.DELETED);

        server.undelete(path, 1);
        assertThat(source.read()).isEqualTo(new Unchanged());

        server.destroy(path, 1);
        assertThat(reason(source.read())).isEqualTo(SourceFailure.DESTROYED);
    }

    @Test
    void readsOlderVersionsThatAreStillThere() throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        server.write(path, Map.of("ALLTKN_API_KEY", KEY + "-2"));
        server.write(path, Map.of("ALLTKN_API_KEY", KEY + "-3"));
        server.destroy(path, 2);
        source.read();

        assertThat(source.versions()).containsExactly(3L, 1L);
        assertThat(source.readVersion(1)).isEqualTo(new Found(1, Map.of("ALLTKN_API_KEY", KEY)));
        assertThat(reason(source.readVersion(2))).isEqualTo(SourceFailure.ABSENT);
        assertThat(source.read()).isEqualTo(new Unchanged());
    }

    @Test
    void followsAPinAndItsRemoval() throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        server.write(path, Map.of("ALLTKN_API_KEY", KEY + "-2"));
        source.read();

        server.annotate(path, Map.of("pinned_version", "1"));
        assertThat(source.read()).isEqualTo(new Found(1, Map.of("ALLTKN_API_KEY", KEY), true));
        assertThat(source.read()).isEqualTo(new Unchanged());

        server.annotate(path, Map.of("owner", "somebody"));
        assertThat(source.read())
                .isEqualTo(new Found(2, Map.of("ALLTKN_API_KEY", KEY + "-2"), false));
    }

    @Test
    void tellsAPinOnTheCurrentVersionFromNone() throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        source.read();

        server.annotate(path, Map.of("pinned_version", "1"));

        assertThat(source.read()).isEqualTo(new Found(1, Map.of("ALLTKN_API_KEY", KEY), true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"99", "-1", "0", "abc", "2", "99999999999999999999"})
    void saysThatAPinLeadsNowhere(String pin) throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        server.write(path, Map.of("ALLTKN_API_KEY", KEY + "-2"));
        server.delete(path);

        server.annotate(path, Map.of("pinned_version", pin));

        assertThat(source.read()).isInstanceOf(Misdirected.class);
    }

    @Test
    void saysThatAccessIsDenied() throws InterruptedException {
        var stranger = source(server.url(), server.token("default"));

        assertThat(stranger.read())
                .isEqualTo(
                        new Unavailable(
                                SourceFailure.DENIED,
                                "metadata of alltkn/" + path + " denied with status 403"));
    }

    @Test
    void saysThatARevokedTokenIsDenied() throws InterruptedException {
        var revoked = server.token("pod");
        server.revoke(revoked);

        assertThat(reason(source(server.url(), revoked).read())).isEqualTo(SourceFailure.DENIED);
    }

    @Test
    void saysThatVaultIsSealedAndGoesOnAfterwards() throws InterruptedException {
        server.write(path, Map.of("ALLTKN_API_KEY", KEY));
        server.seal();
        try {
            assertThat(source.read())
                    .isEqualTo(new Unavailable(SourceFailure.SEALED, "Vault is sealed"));
        } finally {
            server.unseal();
        }

        assertThat(source.read()).isInstanceOf(Found.class);
    }

    @Test
    void saysThatALoginWasRefused() throws InterruptedException {
        if (!server.call("GET", "sys/auth", null).has("approle/")) {
            server.enableLogin("approle");
        }
        var client =
                CLIENTS.of(
                        Map.of(
                                "url",
                                server.url().toString(),
                                "authentication.app-role.role-id",
                                "no-such-role",
                                "authentication.app-role.secret-id",
                                "test-secret-id"));

        assertThat(reason(source(client).read())).isEqualTo(SourceFailure.LOGIN_REFUSED);
    }

    @Test
    void saysThatNothingListens() throws IOException, InterruptedException {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }

        assertThat(reason(source(URI.create("http://127.0.0.1:" + port), token).read()))
                .isEqualTo(SourceFailure.UNREACHABLE);
    }

    @Test
    void saysThatThereWasNoAnswerInTime() throws IOException, InterruptedException {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var url = URI.create("http://127.0.0.1:" + silent.getLocalPort());

            assertThat(reason(source(url, token).read())).isEqualTo(SourceFailure.TIMEOUT);
        }
    }

    @Test
    void saysThatTheOtherSideSpeaksNoTls() throws InterruptedException {
        var url = URI.create(server.url().toString().replace("http:", "https:"));

        assertThat(reason(source(url, token).read())).isEqualTo(SourceFailure.TLS_FAILED);
    }

    @ParameterizedTest
    @MethodSource("endsOfAConnection")
    void tellsAConnectionThatBreaksInTheHandshakeFromADisagreementOnTls(Toxic end)
            throws InterruptedException {
        try (var proxy = ToxicProxy.before(server.url().getPort())) {
            proxy.toServer(end);
            var url = URI.create("https://127.0.0.1:" + proxy.port());

            assertThat(reason(source(url, token).read())).isEqualTo(SourceFailure.UNREACHABLE);
        }
    }

    private static List<Toxic> endsOfAConnection() {
        return List.of(new Toxic.ResetAfter(0), new Toxic.CutAfter(0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html>a proxy's page</html>",
                "",
                "{}",
                "[]",
                "null",
                "{\"data\":null}",
                "{\"data\":{}}",
                "{\"data\":{\"current_version\":\"abc\"}}",
                "{\"data\":{\"current_version\":3",
                "{\"data\":{\"current_version\":2,\"versions\":[]}}"
            })
    void saysThatTheAnswerIsRubbish(String body) throws IOException, InterruptedException {
        var rubbish = answering(200, body);
        try {
            var reading = source(url(rubbish), token).read();

            assertThat(reason(reading)).isEqualTo(SourceFailure.RUBBISH);
            assertThat(reading.toString()).doesNotContain("proxy").doesNotContain(token);
        } finally {
            rubbish.stop(0);
        }
    }

    @Test
    void saysThatTheServerFails() throws IOException, InterruptedException {
        var failing = answering(500, "{\"errors\":[\"leaked " + token + "\"]}");
        try {
            var reading = source(url(failing), token).read();

            assertThat(reason(reading)).isEqualTo(SourceFailure.FAILING);
            assertThat(reading.toString()).doesNotContain(token);
        } finally {
            failing.stop(0);
        }
    }

    @Test
    void saysThatNothingIsConfigured() throws InterruptedException {
        var none =
                new VaultSource(
                        () -> {
                            throw new NullPointerException();
                        },
                        config(),
                        path,
                        Clock.systemUTC());

        assertThat(reason(none.read())).isEqualTo(SourceFailure.NOT_CONFIGURED);
    }

    private VaultSource source(URI url, String token) {
        return source(
                CLIENTS.of(
                        Map.of(
                                "url",
                                url.toString(),
                                "read-timeout",
                                DEADLINE.toString(),
                                "authentication.client-token",
                                token)));
    }

    private VaultSource source(VaultClient client) {
        return new VaultSource(() -> client, config(), path, Clock.systemUTC());
    }

    private static VaultSourceConfig config() {
        return new VaultSourceConfig() {
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
                return DEADLINE;
            }
        };
    }

    private static SourceFailure reason(Reading reading) {
        assertThat(reading).isInstanceOf(Unavailable.class);
        return ((Unavailable) reading).reason();
    }

    private static HttpServer answering(int status, String body) throws IOException {
        var answer =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        answer.createContext(
                "/",
                exchange -> {
                    var bytes = body.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().add("Content-Type", "application/json");
                    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
                    exchange.getResponseBody().write(bytes);
                    exchange.close();
                });
        answer.start();
        return answer;
    }

    private static URI url(HttpServer server) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }
}
