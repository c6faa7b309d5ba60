package com.alltkn.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Issuer;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.SecretScan;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The packaged application in `prod`, with callers who come with tokens of a real issuer that
/// speaks TLS.
class TokensIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";

    private Production production;
    private Issuer issuer;
    private GatewayProcess gateway;

    @BeforeEach
    void start() throws IOException {
        production = Production.start();
        issuer = Issuer.on(production.vault());
        Files.writeString(
                production.callersFile(),
                """
                callers:
                  - id: plain
                    subjects: ["%s"]
                  - id: storing
                    subjects: [somebody-else]
                    stored-objects: true
                """
                        .formatted(issuer.subject()));
        gateway = launch().start().awaitReady();
    }

    @AfterEach
    void stop() {
        gateway.close();
        production.close();
    }

    @Test
    void knowsACallerByItsTokenAloneAndGoesOnWhileTheIssuerIsDown()
            throws IOException, InterruptedException {
        var token = issuer.token();
        var unseen = issuer.token();
        var parts = token.split("\\.", -1);
        var none =
                Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));

        var answer = ask(token);
        var claimed =
                gateway.send(
                        RawHttp.request(
                                "GET",
                                "/v1/files",
                                "",
                                "authorization: Bearer " + token,
                                "x-forwarded-user: storing",
                                "x-remote-user: storing",
                                "x-caller-id: storing",
                                "x-auth-request-user: storing",
                                "x-forwarded-access-token: " + token));
        var forged = ask(none + "." + parts[1] + "." + parts[2]);
        var elsewhere = ask(issuer.token("gateway", "another-service", Map.of()));
        production.vault().stop();
        await().atMost(SOON).until(() -> gateway.metric("gateway_callers_keys_failures_total") > 0);
        var meanwhile = ask(token);
        var first = ask(unseen);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(claimed.status()).isEqualTo(403);
        assertThat(forged.status()).isEqualTo(401);
        assertThat(elsewhere.status()).isEqualTo(401);
        assertThat(meanwhile.status()).isEqualTo(200);
        assertThat(first.status()).isEqualTo(200);
        gateway.terminate();
        gateway.awaitExit(SOON);
        assertThat(gateway.stdout()).contains("\"caller\":\"plain\"").doesNotContain("storing");
        assertThat(gateway.stderr()).contains("issuer's keys unchanged, for they cannot be read");
        var scan = new SecretScan().add("a token", token).add("another", unseen);
        assertThat(scan.in("standard output", gateway.stdout())).isEmpty();
        assertThat(scan.in("standard error", gateway.stderr())).isEmpty();
    }

    /// The issuer starts anew with nothing, as it were, and then has its keys revoked.
    @Test
    void believesAnIssuerWithoutKeysOnlyHalfAMinuteLater() throws IOException {
        try (var keys = new PublishedKeys(production.certificates().serverContext())) {
            keys.publish(issuer.keys());
            gateway.close();
            gateway = launch().environment("GATEWAY_CALLERS_TOKENS_JWKS_URL", keys.url()).start();
            gateway.awaitReady();
            var token = issuer.token();
            assertThat(ask(token).status()).isEqualTo(200);

            keys.publish("{\"keys\":[]}");
            await().atMost(SOON).until(() -> emptyFor() > 3);
            assertThat(ask(token).status()).isEqualTo(200);
            keys.publish(issuer.keys());
            await().atMost(SOON).until(() -> emptyFor() == 0);
            assertThat(ask(token).status()).isEqualTo(200);

            keys.publish("{\"keys\":[]}");
            await().atMost(SOON).until(() -> emptyFor() > 0);
            var refused =
                    await().atMost(Duration.ofSeconds(50))
                            .until(() -> ask(token), answer -> answer.status() == 401);
            assertThat(refused.bodyText()).contains("invalid_api_key");
            assertThat(emptyFor()).isGreaterThanOrEqualTo(30);
            assertThat(gateway.stderr()).contains("issuer's keys revoked").contains("ERROR");

            keys.publish(issuer.keys());
            await().atMost(SOON).until(() -> ask(token).status() == 200);
        }
    }

    private double emptyFor() throws IOException {
        return gateway.metric("gateway_callers_keys_empty_seconds");
    }

    private GatewayProcess.Launch launch() {
        return production
                .gateway()
                .environment("GATEWAY_CALLERS_TOKENS_ISSUER", issuer.url())
                .environment("GATEWAY_CALLERS_TOKENS_AUDIENCE", Issuer.AUDIENCE)
                .environment("GATEWAY_CALLERS_TOKENS_TLS_CONFIGURATION", "upstream")
                .environment("GATEWAY_CALLERS_TOKENS_REFRESH_INTERVAL", "1s");
    }

    private RawResponse ask(String token) throws IOException {
        return gateway.send(
                RawHttp.post("/v1/chat/completions", CHAT, "authorization: Bearer " + token));
    }

    /// A place where an issuer's keys are told, whatever they are.
    private static final class PublishedKeys implements AutoCloseable {

        private final HttpsServer server;
        private volatile String json = "";

        PublishedKeys(SSLContext tls) throws IOException {
            server =
                    HttpsServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setHttpsConfigurator(new HttpsConfigurator(tls));
            server.createContext(
                    "/",
                    exchange -> {
                        var body = json.getBytes(StandardCharsets.UTF_8);
                        exchange.sendResponseHeaders(200, body.length);
                        exchange.getResponseBody().write(body);
                        exchange.close();
                    });
            server.start();
        }

        String url() {
            return "https://localhost:" + server.getAddress().getPort() + "/keys";
        }

        void publish(String keys) {
            json = keys;
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
