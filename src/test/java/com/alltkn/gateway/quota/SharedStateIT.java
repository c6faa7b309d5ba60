package com.alltkn.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.NumberedKeys;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RedisProcess;
import com.alltkn.gateway.laboratory.Toxic;
import com.alltkn.gateway.laboratory.ToxicProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/// Three processes of the packaged application that share one real Redis, behind a proxy. For a
/// minute after another Redis has come they go on by themselves, so that is what comes last.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SharedStateIT {

    private static final int CAP = 30;
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String PASSWORD = "test-redis-" + UUID.randomUUID();
    private static final String CHAT = "{\"messages\":[]}";

    private static Production production;
    private static RedisProcess redis;
    private static ToxicProxy proxy;
    private static Path callers;
    private static final List<GatewayProcess> FLEET = new ArrayList<>();

    private final String limited = "test-limited-" + UUID.randomUUID();
    private final String free = "test-free-" + UUID.randomUUID();
    private String id = "";
    private int turn;

    @BeforeAll
    static void start() throws IOException {
        production = Production.start();
        var keys = new NumberedKeys(production.upstreamKey());
        keys.accept(production.upstream(), 1, Duration.ofMillis(20));
        redis = RedisProcess.start("--requirepass", PASSWORD);
        proxy = ToxicProxy.before(redis.port());
        callers = MadeUpCallers.file("test-nobody-" + UUID.randomUUID());
        var password = Files.createTempFile("redis", ".password");
        password.toFile().deleteOnExit();
        Files.writeString(password, PASSWORD + "\n");
        for (int i = 0; i < 3; i++) {
            FLEET.add(
                    production
                            .quickGateway()
                            .environment("GATEWAY_CALLERS_FILE", callers.toString())
                            .environment("GATEWAY_CALLERS_POLL_INTERVAL", "100ms")
                            .environment("GATEWAY_SHARED_STATE", "redis")
                            .environment("GATEWAY_REDIS_PASSWORD_FILE", password.toString())
                            // Three JVMs that are busy compiling are no measure of Redis.
                            .environment("GATEWAY_REDIS_DEADLINE", "100ms")
                            .environment("QUARKUS_REDIS_HOSTS", "redis://127.0.0.1:" + proxy.port())
                            .start());
        }
        FLEET.forEach(GatewayProcess::awaitReady);
    }

    @AfterAll
    static void stop() {
        FLEET.forEach(GatewayProcess::close);
        proxy.close();
        redis.close();
        production.close();
    }

    /// Each test has callers of its own, that nobody's minute knows of.
    @BeforeEach
    void beginAnew() throws IOException {
        awaitUp();
        id = "limited-" + UUID.randomUUID();
        Files.writeString(
                callers,
                """
                callers:
                  - id: %s
                    api-keys: ["sha256:%s"]
                    limits: {requests-per-minute: %d}
                  - id: free-%s
                    api-keys: ["sha256:%s"]
                """
                        .formatted(
                                id,
                                MadeUpCallers.sha256(limited),
                                CAP,
                                UUID.randomUUID(),
                                MadeUpCallers.sha256(free)));
        await().atMost(SOON)
                .untilAsserted(() ->
                        assertThat(FLEET)
                                .allSatisfy(pod -> {
                                    var answer = pod.send(chat(free));
                                    assertThat(answer.status())
                                            .as(answer.bodyText())
                                            .isEqualTo(200);
                                }));
    }

    @AfterEach
    void heal() {
        redis.resume();
        proxy.heal();
    }

    @Test
    @Order(1)
    void holdsALimitWhicheverPodIsAsked() throws IOException {
        awaitTrust();
        var answers = ask(limited, 3 * CAP);

        assertThat(answers.stream().filter(SharedStateIT::isAnswered)).hasSize(CAP);
        assertThat(answers.stream().filter(answer -> !isAnswered(answer)))
                .allSatisfy(refused -> {
                    assertThat(refused.status()).isEqualTo(429);
                    assertThat(refused.bodyText()).contains("rate_limit_exceeded");
                    assertThat(Integer.parseInt(refused.header("retry-after").orElseThrow()))
                            .isBetween(1, 61);
                    assertThat(refused.header("x-ratelimit-remaining-requests")).contains("0");
                });
        assertThat(next().send(usage(limited)).bodyText())
                .contains("\"requests_per_minute\":{\"limit\":30,\"remaining\":0");
        await().atMost(SOON)
                .until(() ->
                        next().send(usage(limited))
                                .bodyText()
                                .contains("\"concurrent\":{\"used\":0}"));
    }

    @Test
    @Order(6)
    void goesOnWithAShareOfEachLimitWhileRedisIsDead() throws IOException {
        var before = ask(limited, 12);
        redis.kill();

        var during = ask(limited, 3 * CAP);
        var others = ask(free, 30);

        assertThat(answered(before)).isEqualTo(12);
        assertThat(answered(before) + answered(during)).isBetween(CAP - 3L, CAP * 12L / 10);
        assertThat(answered(others)).isEqualTo(30);
        assertThat(FLEET)
                .allSatisfy(pod -> {
                    await().atMost(SOON).until(() -> pod.metric("gateway_shared_state_up") == 0);
                    assertThat(pod.metric("gateway_quota_own_share_total")).isPositive();
                    assertThat(pod.probe("ready")).isEqualTo(200);
                    await().atMost(SOON)
                            .until(() -> pod.stdout().contains("\"limits\":\"own_share\""));
                });
        redis.startAgain();
        awaitUp();
        assertThat(answered(ask(limited, 3 * CAP)) + answered(before) + answered(during))
                .isLessThanOrEqualTo(CAP * 12L / 10);
        assertThat(FLEET)
                .allSatisfy(pod ->
                        await().atMost(SOON).until(() -> pod.metric("gateway_quota_untold") == 0));
    }

    @Test
    @Order(3)
    void waitsForADeafRedisNoLongerThanItMust() throws IOException {
        awaitTrust();
        assertThat(answered(ask(limited, 12))).isEqualTo(12);
        redis.pause();

        var during = ask(limited, 3 * CAP);
        var others = ask(free, 30);
        redis.resume();
        awaitUp();

        assertThat(answered(others)).isEqualTo(30);
        assertThat(12 + answered(during)).isBetween(CAP - 3L, CAP * 12L / 10);
        assertThat(12 + answered(during) + answered(ask(limited, 3 * CAP)))
                .isLessThanOrEqualTo(CAP * 12L / 10);
    }

    @Test
    @Order(4)
    void takesRubbishForAnOutage() throws IOException {
        awaitTrust();
        assertThat(answered(ask(limited, 12))).isEqualTo(12);
        proxy.toClient(Toxic.rubbish());

        var during = ask(limited, 3 * CAP);
        var others = ask(free, 30);

        assertThat(answered(others)).isEqualTo(30);
        assertThat(12 + answered(during)).isBetween(CAP - 3L, CAP * 12L / 10);
    }

    @Test
    @Order(5)
    void grantsNoLimitTwiceWhenRedisForgets() throws IOException {
        awaitTrust();
        assertThat(answered(ask(limited, 24))).isEqualTo(24);

        redis.kill();
        redis.startAgain();
        var atOnce = answered(ask(limited, 3 * CAP));
        awaitUp();
        var later = answered(ask(limited, 3 * CAP));

        assertThat(24 + atOnce + later).isLessThanOrEqualTo(CAP * 12L / 10);
        assertThat(answered(ask(free, 30))).isEqualTo(30);
    }

    @Test
    @Order(2)
    void refusesABlockedCallerThereAndThen() throws IOException {
        awaitTrust();
        assertThat(answered(ask(limited, 3))).isEqualTo(3);
        var key = "alltkn-gateway:prod:{" + id + "}:blocked";

        redisCommand("SET", key, "its-key-leaked", "EX", "60");
        var blocked = ask(limited, 3);
        redisCommand("DEL", key);

        assertThat(blocked)
                .allSatisfy(answer -> {
                    assertThat(answer.status()).isEqualTo(403);
                    assertThat(answer.bodyText()).contains("caller_blocked");
                });
        assertThat(answered(ask(limited, 3))).isEqualTo(3);
    }

    @Test
    @Order(7)
    void showsThePasswordNowhere() {
        assertThat(FLEET)
                .allSatisfy(
                        pod -> assertThat(pod.stderr() + pod.stdout()).doesNotContain(PASSWORD));
    }

    private static void awaitUp() {
        await().atMost(SOON)
                .until(() -> {
                    for (var pod : FLEET) {
                        if (pod.metric("gateway_shared_state_up") != 1
                                || pod.metric("gateway_shared_state_pods") != 3) {
                            return false;
                        }
                    }
                    return true;
                });
    }

    /// Waits until no pod decides by its own share.
    private void awaitTrust() {
        await().atMost(SOON)
                .until(() -> {
                    for (var pod : FLEET) {
                        var before = pod.metric("gateway_quota_own_share_total");
                        pod.send(chat(free));
                        if (pod.metric("gateway_quota_own_share_total") != before) {
                            return false;
                        }
                    }
                    return true;
                });
    }

    /// One after the other, each from the next pod.
    private List<RawResponse> ask(String key, int times) throws IOException {
        var answers = new ArrayList<RawResponse>();
        for (int i = 0; i < times; i++) {
            answers.add(next().send(chat(key)));
        }
        return answers;
    }

    private GatewayProcess next() {
        return FLEET.get(turn++ % FLEET.size());
    }

    private static void redisCommand(String... words) {
        redis.authenticated(PASSWORD, words);
    }

    private static long answered(List<RawResponse> answers) {
        assertThat(answers).allSatisfy(answer -> assertThat(answer.status()).isIn(200, 429));
        return answers.stream().filter(SharedStateIT::isAnswered).count();
    }

    private static boolean isAnswered(RawResponse answer) {
        return answer.status() == 200;
    }

    private static String chat(String key) {
        return RawHttp.request(
                "POST", "/v1/chat/completions", CHAT, "authorization: Bearer " + key);
    }

    private static String usage(String key) {
        return RawHttp.request("GET", "/v1/usage", "", "authorization: Bearer " + key);
    }
}
