package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Separation;
import com.alltkn.gateway.secret.KeyFingerprint;
import com.alltkn.gateway.secret.Secret;
import io.quarkus.vault.client.VaultClient;
import io.quarkus.vault.client.common.VaultRequest;
import io.quarkus.vault.client.common.VaultRequestExecutor;
import io.quarkus.vault.client.common.VaultResponse;
import io.quarkus.vault.client.http.jdk.JDKVaultHttpClient;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// With the rights of a pod, which differ by environment.
class VaultKeyRegistryTest {

    private static final ConfiguredVaultClient CLIENTS = new ConfiguredVaultClient();
    private static final List<String> ENVIRONMENTS = List.of("prod", "staging", "test");

    private static OpenBaoServer server;

    private final KeyFingerprint key =
            KeyFingerprint.of(Secret.of("test-key-" + UUID.randomUUID()));

    @BeforeAll
    static void startServer() {
        server = OpenBaoServer.inMemory();
        for (var environment : ENVIRONMENTS) {
            server.policy(
                    environment,
                    """
                    path "alltkn/data/registry/%s/*" { capabilities = ["create", "read"] }
                    path "alltkn/data/registry/+/*" { capabilities = ["read"] }
                    """
                            .formatted(environment));
        }
    }

    @AfterAll
    static void stopServer() {
        server.close();
        CLIENTS.close();
    }

    @Test
    void givesAKeyToTheEnvironmentThatHadItFirst() throws InterruptedException {
        var staging = registry("staging", "staging");
        var prod = registry("prod", "prod");

        assertThat(staging.claim(key)).isEqualTo(new Separation.Own());
        assertThat(prod.claim(key)).isEqualTo(new Separation.SharedWith("staging"));
        assertThat(staging.claim(key)).isEqualTo(new Separation.Own());
        assertThat(prod.claim(key)).isEqualTo(new Separation.SharedWith("staging"));
    }

    @Test
    void writesAnEntryOnce() throws InterruptedException {
        var prod = registry("prod", "prod");
        prod.claim(key);
        prod.claim(key);

        var entry = server.call("GET", "alltkn/data/registry/prod/" + key.hex(), null);

        assertThat(entry.at("/data/metadata/version").asInt()).isEqualTo(1);
        assertThat(entry.at("/data/data/environment").asText()).isEqualTo("prod");
    }

    @Test
    void saysSoWhereAnotherEnvironmentCannotBeRead() throws InterruptedException {
        server.policy(
                "blind",
                """
                path "alltkn/data/registry/prod/*" { capabilities = ["create", "read"] }
                path "alltkn/data/registry/staging/*" { capabilities = ["read"] }
                """);

        assertThat(registry("prod", "blind").claim(key))
                .isEqualTo(new Separation.Unchecked("the entries of test cannot be read"));
    }

    @Test
    void saysSoWhereItsOwnEntryCannotBeWritten() throws InterruptedException {
        assertThat(registry("prod", "staging").claim(key))
                .isEqualTo(new Separation.Unchecked("the entry of prod cannot be written"));
    }

    @Test
    void doesNotLetOneEnvironmentEnterAKeyForAnother() throws InterruptedException {
        // What a pod of test would have to do to take prod's key: name it, which takes the key.
        registry("test", "test")
                .claim(KeyFingerprint.of(Secret.of("another-" + UUID.randomUUID())));

        assertThat(registry("prod", "prod").claim(key)).isEqualTo(new Separation.Own());
    }

    @Test
    void asksForOneEntryOfEachEnvironmentAndWritesItsOwnOnce() throws InterruptedException {
        var asked = new ArrayList<String>();
        try (var http = new JDKVaultHttpClient(HttpClient.newHttpClient())) {
            var client = counting(http, asked);

            new VaultKeyRegistry(() -> client, config(), "prod", ENVIRONMENTS).claim(key);
            new VaultKeyRegistry(() -> client, config(), "prod", ENVIRONMENTS).claim(key);
        }

        assertThat(asked)
                .containsExactly(
                        "GET prod",
                        "POST prod",
                        "GET staging",
                        "GET test",
                        "GET prod",
                        "GET staging",
                        "GET test");
    }

    @Test
    void hasNothingToCompareWithWhereThereIsNoOtherEnvironment() throws InterruptedException {
        var alone =
                new VaultKeyRegistry(
                        () -> {
                            throw new IllegalStateException("asked for a client");
                        },
                        config(),
                        "prod",
                        List.of("prod"));

        assertThat(alone.claim(key)).isEqualTo(new Separation.NotApplicable());
    }

    private static VaultKeyRegistry registry(String environment, String policy) {
        var client =
                CLIENTS.of(
                        Map.of(
                                "url",
                                server.url().toString(),
                                "authentication.client-token",
                                server.token(policy)));
        return new VaultKeyRegistry(() -> client, config(), environment, ENVIRONMENTS);
    }

    private static VaultClient counting(JDKVaultHttpClient http, List<String> asked) {
        return VaultClient.builder()
                .baseUrl(server.url().toString())
                .clientToken(server.token("prod"))
                .executor(
                        new VaultRequestExecutor() {
                            @Override
                            public <T> CompletionStage<VaultResponse<T>> execute(
                                    VaultRequest<T> request) {
                                var path = request.getUri().getPath().split("/", -1);
                                asked.add(request.getMethod() + " " + path[path.length - 2]);
                                return http.execute(request);
                            }
                        })
                .build();
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
                return Duration.ofSeconds(5);
            }
        };
    }
}
