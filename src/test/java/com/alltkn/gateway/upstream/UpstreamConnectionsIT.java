package com.alltkn.gateway.upstream;

import static com.alltkn.gateway.laboratory.Production.CHAT;
import static com.alltkn.gateway.laboratory.Production.PATH;
import static com.alltkn.gateway.laboratory.Production.STREAMED_CHAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.LeakOracle;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// One caller with as many open streams as it may have, and another beside it, on a gateway with
/// few connections to upstream.
class UpstreamConnectionsIT {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int ALL = 40;
    private static final int SHARE = 20;
    private static final String HELLO = Script.event("{\"n\":1}");
    private static final String DONE =
            Script.event("{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}")
                    + Script.event("[DONE]");

    private static final String OTHER_KEY = "test-caller-" + UUID.randomUUID();

    private static Production production;
    private static GatewayProcess gateway;

    private final List<RawHttp> streams = new ArrayList<>();

    @BeforeAll
    static void start() {
        production = Production.start();
        var callers =
                MadeUpCallers.fileOf(
                        """
                        callers:
                          - id: greedy
                            api-keys: ["sha256:%s"]
                          - id: other
                            api-keys: ["sha256:%s"]
                        """
                                .formatted(
                                        MadeUpCallers.sha256(production.callerKey()),
                                        MadeUpCallers.sha256(OTHER_KEY)));
        gateway =
                production
                        .quickGateway()
                        .environment("GATEWAY_CALLERS_FILE", callers.toString())
                        .environment("GATEWAY_UPSTREAM_MAX_CONNECTIONS", Integer.toString(ALL))
                        .environment("GATEWAY_ROLLOUT_PROBATION", "0s")
                        .environment("GATEWAY_UPSTREAM_BREAKER_FAILURES", "20")
                        .start()
                        .awaitReady();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        production.close();
    }

    @BeforeEach
    void forget() {
        production.upstream().forget();
    }

    @AfterEach
    void close() throws IOException {
        for (var stream : streams) {
            stream.close();
        }
    }

    @Test
    void answersOthersWhileOneCallerHoldsAllThatItMayHave() throws IOException {
        var oracle = LeakOracle.before(gateway, production.upstream());
        openStreams(Script.sseHead().chunk(HELLO).hang());
        var retriesBefore = gateway.metric("gateway_upstream_retries_total");

        var refusedBefore = gateway.metric("gateway_upstream_connections_refused_total");
        for (var i = 0; i < 50; i++) {
            var answer = gateway.send(production.post(PATH, i % 2 == 0 ? CHAT : STREAMED_CHAT));
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.bodyText()).contains("\"gateway_overloaded\"");
            assertThat(answer.header("retry-after")).isPresent();
        }
        for (var i = 0; i < 50; i++) {
            var answer =
                    gateway.send(RawHttp.post(PATH, CHAT, "authorization: Bearer " + OTHER_KEY));
            assertThat(answer.status()).isEqualTo(200);
        }

        // Upstream was asked for what was answered, and nobody took a refusal for its failure.
        assertThat(production.upstream().requests()).hasSize(SHARE + 50);
        assertThat(gateway.metric("gateway_upstream_connections_refused_total") - refusedBefore)
                .isEqualTo(50);
        assertThat(gateway.metric("gateway_upstream_connections_limit")).isEqualTo(ALL);
        assertThat(gateway.metric("gateway_upstream_connections_in_use")).isEqualTo(SHARE);
        assertThat(gateway.metric("gateway_upstream_breakers_open")).isZero();
        assertThat(gateway.metric("gateway_upstream_retries_total")).isEqualTo(retriesBefore);
        assertThat(gateway.metric("gateway_upstream_retries_refused_total")).isZero();
        close();
        awaitNoneInUse();
        oracle.assertNothingIsLeft();
    }

    @Test
    void hasEveryConnectionBackHoweverAStreamEnds() throws IOException, InterruptedException {
        var oracle = LeakOracle.before(gateway, production.upstream());
        var ends =
                List.of(
                        Script.sseHead().chunk(HELLO).hang(),
                        Script.sseHead().chunk(HELLO).cut(),
                        Script.sseHead().chunk(HELLO).reset(),
                        Script.sseHead().chunks(HELLO, DONE).lastChunk(),
                        Script.silence(),
                        Script.nothing().close(),
                        Script.nothing().reset(),
                        Script.json(400, "{\"error\":{\"message\":\"no\"}}"));
        for (var i = 0; i < SHARE; i++) {
            production.upstream().answerNext(ends.get(i % ends.size()));
            streams.add(gateway.connect().send(production.post(PATH, STREAMED_CHAT)));
            production.upstream().awaitRequest(i + 1, SOON);
        }

        close();

        awaitNoneInUse();
        oracle.assertNothingIsLeft();
    }

    @Test
    void countsTheStreamsOfARetiredRevisionUntilTheyEnd() throws IOException {
        var oracle = LeakOracle.before(gateway, production.upstream());
        var gate = new Gate();
        openStreams(Script.sseHead().chunk(HELLO).await(gate).chunk(DONE).lastChunk());
        var revision = gateway.metric("gateway_revision_number");

        production.write("test-key-" + UUID.randomUUID(), Map.of());
        await().atMost(SOON).until(() -> gateway.metric("gateway_revision_number") > revision);

        assertThat(gateway.metric("gateway_upstream_connections_in_use")).isEqualTo(SHARE);
        assertThat(gateway.send(production.post(PATH, CHAT)).bodyText())
                .contains("\"gateway_overloaded\"");
        gate.open();
        for (var stream : streams) {
            assertThat(stream.readUntil("\r\n0\r\n\r\n", SOON)).contains("[DONE]");
        }
        awaitNoneInUse();
        assertThat(gateway.send(production.post(PATH, CHAT)).status()).isEqualTo(200);
        close();
        oracle.assertNothingIsLeft();
    }

    /// Opens as many streams as the caller may have, each with its first event here.
    private void openStreams(Script script) throws IOException {
        production.upstream().on(isStream(), script);
        for (var i = 0; i < SHARE; i++) {
            var stream = gateway.connect().send(production.post(PATH, STREAMED_CHAT));
            streams.add(stream);
            stream.readUntil(HELLO, SOON);
        }
        assertThat(gateway.metric("gateway_upstream_connections_in_use")).isEqualTo(SHARE);
    }

    private static Predicate<RecordedRequest> isStream() {
        return request -> request.bodyText().equals(STREAMED_CHAT);
    }

    private static void awaitNoneInUse() {
        await().atMost(Duration.ofSeconds(2))
                .until(() -> gateway.metric("gateway_upstream_connections_in_use") == 0);
    }
}
