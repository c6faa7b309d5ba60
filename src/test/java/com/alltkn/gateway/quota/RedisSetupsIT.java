package com.alltkn.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.FreePort;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.NumberedKeys;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RedisProcess;
import com.alltkn.gateway.laboratory.TestCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The packaged application with Redis set up in other ways than one server in the clear.
class RedisSetupsIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int CALLERS = 6;
    private static final int CAP = 5;

    private static final List<String> KEYS = new ArrayList<>();
    private static Production production;
    private static Path callers;

    @BeforeAll
    static void start() throws IOException {
        production = Production.start();
        new NumberedKeys(production.upstreamKey())
                .accept(production.upstream(), 1, Duration.ofMillis(1));
        var lines = new StringBuilder("callers:\n");
        for (int i = 0; i < CALLERS; i++) {
            KEYS.add("test-caller-" + UUID.randomUUID());
            lines.append(
                    "  - {id: caller-%d, api-keys: [\"sha256:%s\"], limits: {requests-per-minute: %d}}\n"
                            .formatted(i, MadeUpCallers.sha256(KEYS.get(i)), CAP));
        }
        callers = Files.createTempFile("callers", ".yaml");
        Files.writeString(callers, lines);
        callers.toFile().deleteOnExit();
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @Test
    void countsInARedisThatSpeaksTls() throws IOException {
        var port = FreePort.find();
        try (var redis = RedisProcess.withTls(port, production.certificates());
                var gateway = overTls("rediss://localhost:" + port, production.certificates())) {
            awaitUp(gateway);

            assertThat(answered(gateway, KEYS.getFirst(), 2 * CAP)).isEqualTo(CAP);
            assertThat(redis.command("EXISTS", key("caller-0", "account"))).isEqualTo("1");
        }
    }

    @Test
    void tellsNothingToARedisThatCannotShowWhoItIs() throws IOException {
        var port = FreePort.find();
        try (var redis = RedisProcess.withTls(port, production.certificates());
                var stranger = overTls("rediss://localhost:" + port, TestCertificates.create());
                // Its certificate is for localhost and 127.0.0.1.
                var elsewhere = overTls("rediss://127.0.0.2:" + port, production.certificates())) {
            for (var gateway : List.of(stranger, elsewhere)) {
                gateway.awaitReady();
                await().atMost(SOON)
                        .until(() -> gateway.metric("gateway_shared_state_failures_total") >= 2);
                assertThat(gateway.metric("gateway_shared_state_up")).isZero();
                assertThat(gateway.send(chat(KEYS.getFirst())).status()).isEqualTo(200);
            }
            assertThat(redis.command("DBSIZE")).isEqualTo("0");
        }
    }

    @Test
    void countsInACluster() throws IOException {
        var nodes = RedisProcess.cluster(3);
        try (var one = inCluster(nodes);
                var other = inCluster(nodes)) {
            awaitUp(one);
            awaitUp(other);
            await().atMost(SOON)
                    .until(() -> onItsNode(nodes, "ZCARD", key("fleet", "pods")).equals("2"));

            for (var key : KEYS) {
                var answered = 0;
                for (int i = 0; i < 2 * CAP; i++) {
                    answered += answered(i % 2 == 0 ? one : other, key, 1);
                }
                assertThat(answered).isEqualTo(CAP);
            }
            // Each node has accounts, so that the callers are spread.
            assertThat(nodes)
                    .allSatisfy(node ->
                            assertThat(node.command("KEYS", "*account").lines()).isNotEmpty());

            onItsNode(nodes, "SET", key("caller-0", "blocked"), "leaked");
            assertThat(one.send(chat(KEYS.getFirst())).bodyText()).contains("caller_blocked");
            assertThat(other.send(chat(KEYS.getFirst())).bodyText()).contains("caller_blocked");
        } finally {
            nodes.forEach(RedisProcess::close);
        }
    }

    /// Asks all nodes for something that has one key, which only the one that has it answers.
    private static String onItsNode(List<RedisProcess> nodes, String... words) {
        return nodes.stream()
                .map(node -> {
                    try {
                        return node.command(words);
                    } catch (AssertionError e) {
                        assertThat(e).hasMessageStartingWith("-MOVED ");
                        return "";
                    }
                })
                .reduce("", String::concat);
    }

    private static GatewayProcess overTls(String url, TestCertificates trusted) {
        return gateway()
                .environment("QUARKUS_REDIS_HOSTS", url)
                .environment("QUARKUS_REDIS_TLS_CONFIGURATION_NAME", "redis")
                .environment("QUARKUS_TLS_REDIS_TRUST_STORE_PEM_CERTS", trusted.caPem().toString())
                // Without, no connection is made.
                .environment("QUARKUS_TLS_REDIS_HOSTNAME_VERIFICATION_ALGORITHM", "HTTPS")
                .start();
    }

    private static GatewayProcess inCluster(List<RedisProcess> nodes) {
        return gateway()
                .environment("QUARKUS_REDIS_CLIENT_TYPE", "cluster")
                .environment("QUARKUS_REDIS_HOSTS", "redis://127.0.0.1:" + nodes.getFirst().port())
                .start();
    }

    private static GatewayProcess.Launch gateway() {
        return production
                .quickGateway()
                .environment("GATEWAY_CALLERS_FILE", callers.toString())
                .environment("GATEWAY_SHARED_STATE", "redis")
                // A JVM that is busy compiling is no measure of Redis.
                .environment("GATEWAY_REDIS_DEADLINE", "1s");
    }

    private static void awaitUp(GatewayProcess gateway) {
        gateway.awaitReady();
        await().atMost(SOON).until(() -> gateway.metric("gateway_shared_state_up") == 1);
    }

    private static int answered(GatewayProcess gateway, String key, int times) throws IOException {
        var answered = 0;
        for (int i = 0; i < times; i++) {
            var answer = gateway.send(chat(key));
            assertThat(answer.status()).isIn(200, 429);
            answered += answer.status() == 200 ? 1 : 0;
        }
        return answered;
    }

    private static String key(String caller, String name) {
        return "alltkn-gateway:prod:{" + caller + "}:" + name;
    }

    private static String chat(String key) {
        return RawHttp.request(
                "POST",
                "/v1/chat/completions",
                "{\"messages\":[]}",
                "authorization: Bearer " + key);
    }
}
