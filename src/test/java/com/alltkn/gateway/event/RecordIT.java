package com.alltkn.gateway.event;

import static com.alltkn.gateway.laboratory.GatewayProcess.SIGKILL;
import static com.alltkn.gateway.laboratory.GatewayProcess.SIGTERM;
import static com.alltkn.gateway.laboratory.Production.CHAT;
import static com.alltkn.gateway.laboratory.Production.PATH;
import static com.alltkn.gateway.laboratory.Production.STREAMED_CHAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.ExchangeRecords;
import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The records of the packaged application, as whatever collects them sees them.
class RecordIT {

    private static final Duration SOON = Duration.ofSeconds(10);

    private static Production production;

    @BeforeAll
    static void start() {
        production = Production.start();
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @AfterEach
    void forget() {
        production.upstream().forget();
    }

    @Test
    void writesOneWholeLineForEachEnding() throws IOException, InterruptedException {
        // A retry would take the next one's answer.
        try (var gateway =
                production
                        .gateway()
                        .environment("GATEWAY_UPSTREAM_RETRY_MAX_RETRIES", "0")
                        .start()
                        .awaitReady()) {
            var upstream = production.upstream();
            // Answered.
            gateway.send(production.post(PATH, CHAT));
            upstream.answerNext(Script.sse(Script.event("{\"n\":1}"), Script.event("[DONE]")));
            gateway.send(production.post(PATH, STREAMED_CHAT));
            // Refused here: no credential, a foreign one, no JSON, no such path or method.
            gateway.send(RawHttp.post(PATH, CHAT));
            gateway.send(RawHttp.post(PATH, CHAT, "authorization: Bearer nobody's"));
            gateway.send(production.post(PATH, "{"));
            gateway.send(production.post("/v1/nothing", CHAT));
            gateway.send(production.request("DELETE", PATH, ""));
            // Refused or failed upstream.
            upstream.answerNext(
                    Script.json(400, "{\"error\":{\"message\":\"no\"}}"),
                    Script.json(401, "{}"),
                    Script.json(429, "{}"),
                    Script.json(500, "{}"),
                    Script.head(200, "content-type: text/html", "content-length: 4").send("<hi>"),
                    Script.json(200, ScriptedUpstream.COMPLETION).cutAfter(150),
                    Script.nothing().reset());
            for (var i = 0; i < 7; i++) {
                gateway.send(production.post(PATH, CHAT));
            }
            // Cut in a stream, and a caller who goes.
            upstream.answerNext(Script.sseHead().chunk(Script.event("{\"n\":1}")).cut());
            gateway.send(production.post(PATH, STREAMED_CHAT));
            upstream.answerNext(Script.stallAfter(Script.event("{\"n\":1}")));
            try (var caller = gateway.connect()) {
                caller.send(production.post(PATH, STREAMED_CHAT)).readUntil("}", SOON);
            }

            await().atMost(SOON).until(() -> gateway.stdout().lines().count() >= 16);
            gateway.terminate();
            gateway.awaitExit(SOON);
            var records = records(gateway);
            assertThat(records)
                    .extracting(record -> record.path("outcome").asText())
                    .containsExactly(
                            "answered",
                            "answered",
                            "refused",
                            "refused",
                            "refused",
                            "refused",
                            "refused",
                            "refused",
                            "failed",
                            "refused",
                            "failed",
                            "failed",
                            "failed",
                            "failed",
                            "failed",
                            "caller_gone");
            assertThat(records)
                    .extracting(record -> record.path("request_id").asText())
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void answersWhileNobodyReadsAndCountsWhatItDrops()
            throws IOException, ExecutionException, InterruptedException {
        var requests = 10_000;
        try (var gateway = production.gateway().withStuckReader().start().awaitReady()) {
            sendInvalid(gateway, requests);

            var dropped = gateway.metric("gateway_records_dropped_total");
            assertThat(gateway.send(production.post(PATH, CHAT)).status()).isEqualTo(200);
            await().atMost(SOON).until(() -> gateway.metric("gateway_exchanges_in_flight") == 0);
            assertThat(dropped).isPositive();

            gateway.readStdout();
            await().atMost(SOON)
                    .until(() ->
                            gateway.stdout().lines().count()
                                            + gateway.metric("gateway_records_dropped_total")
                                    == requests + 1);
            gateway.send(production.post(PATH, CHAT));
            await().atMost(SOON)
                    .until(() -> records(gateway).getLast().path("status").asInt() == 200);
        }
    }

    @Test
    void endsInTimeThoughNobodyReads()
            throws IOException, ExecutionException, InterruptedException {
        try (var gateway = production.gateway().withStuckReader().start().awaitReady()) {
            sendInvalid(gateway, 1000);

            gateway.terminate();

            // Eight seconds after the last request, however long the reader is stuck.
            await().atMost(Duration.ofSeconds(15)).until(() -> !gateway.isAlive());
            gateway.readStdout();
            assertThat(gateway.awaitExit(SOON)).isEqualTo(SIGTERM);
        }
    }

    @Test
    void writesWhatIsQueuedBeforeItEnds()
            throws IOException, ExecutionException, InterruptedException {
        try (var gateway = production.gateway().start().awaitReady()) {
            sendInvalid(gateway, 2000);

            gateway.terminate();

            assertThat(gateway.awaitExit(SOON)).isEqualTo(SIGTERM);
            assertThat(records(gateway)).hasSize(2000);
        }
    }

    @Test
    void letsAStreamEndWithinTheGraceAndWritesItsRecord() throws IOException, InterruptedException {
        var gate = new Gate();
        production
                .upstream()
                .answer(
                        Script.sseHead()
                                .chunk(Script.event("{\"n\":1}"))
                                .await(gate)
                                .chunks(Script.event("{\"n\":2}"), Script.event("[DONE]"))
                                .lastChunk());
        try (var gateway = production.gateway().start().awaitReady();
                var caller = gateway.connect()) {
            caller.send(production.post(PATH, STREAMED_CHAT)).readUntil("{\"n\":1}", SOON);

            gateway.terminate();
            await().during(Duration.ofSeconds(1)).until(gateway::isAlive);
            gate.open();

            assertThat(caller.readUntil("[DONE]", SOON)).contains("{\"n\":2}");
            assertThat(gateway.awaitExit(SOON)).isEqualTo(SIGTERM);
            assertThat(records(gateway))
                    .singleElement()
                    .satisfies(record ->
                            assertThat(record.path("outcome").asText()).isEqualTo("answered"));
        }
    }

    @Test
    void leavesWholeLinesWhenItIsKilled() throws IOException, InterruptedException {
        try (var gateway = production.gateway().start().awaitReady()) {
            var senders = Executors.newVirtualThreadPerTaskExecutor();
            try {
                for (var i = 0; i < 4; i++) {
                    var _ =
                            senders.submit(() -> {
                                while (gateway.isAlive()) {
                                    sendInvalid(gateway, 100);
                                }
                                return null;
                            });
                }
                await().atMost(SOON).until(() -> gateway.stdout().lines().count() > 500);

                gateway.kill();

                assertThat(gateway.awaitExit(SOON)).isEqualTo(SIGKILL);
                assertThat(records(gateway)).hasSizeGreaterThan(500);
            } finally {
                senders.shutdownNow();
            }
        }
    }

    @Test
    void isNotDisturbedByOtherLines() throws IOException, ExecutionException, InterruptedException {
        // Each of them makes a record, and each read of Vault that fails or succeeds a line.
        try (var gateway =
                production
                        .gateway("test")
                        .environment("QUARKUS_LOG_LEVEL", "DEBUG")
                        .start()
                        .awaitReady()) {
            sendInvalid(gateway, 1000);

            await().atMost(SOON).until(() -> gateway.stdout().lines().count() == 1000);
            assertThat(records(gateway)).hasSize(1000);
            assertThat(gateway.stderr().lines().count()).isGreaterThan(1000);
            assertThat(gateway.stderr()).doesNotContain("\"request_id\"");
        }
    }

    /// Requests that are refused here: the fastest way to many records.
    private static void sendInvalid(GatewayProcess gateway, int count)
            throws ExecutionException, InterruptedException {
        var connections = 4;
        try (var senders = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Void>>();
            for (var i = 0; i < connections; i++) {
                tasks.add(() -> {
                    try (var connection = gateway.connect()) {
                        for (var n = 0; n < count / connections; n++) {
                            var response =
                                    connection
                                            .send(production.post(PATH, "{\"model\":1}"))
                                            .read(SOON);
                            assertThat(response.status()).isEqualTo(400);
                        }
                    }
                    return null;
                });
            }
            for (var done : senders.invokeAll(tasks)) {
                done.get();
            }
        }
    }

    /// Every line, each a whole JSON object and ended.
    private static List<JsonNode> records(GatewayProcess gateway) throws IOException {
        var text = gateway.stdout();
        assertThat(text).endsWith("}\n");
        var records = ExchangeRecords.of(text);
        assertThat(records).allSatisfy(record -> assertThat(record.isObject()).isTrue());
        return records;
    }
}
