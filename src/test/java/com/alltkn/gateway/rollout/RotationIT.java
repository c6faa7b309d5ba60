package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.LeakOracle;
import com.alltkn.gateway.laboratory.NumberedKeys;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.laboratory.SteadyLoad;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The packaged application under load while its key changes.
class RotationIT {

    private static final Duration SOON = Duration.ofSeconds(15);

    // A poll of a second and its spread of a fifth; a read, a prompt and the time of the test.
    private static final Duration ONE_POLL = Duration.ofMillis(1000 + 200 + 600);

    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final String PATH = "/v1/chat/completions";
    private static final String CHAT = "{\"model\":\"m\",\"messages\":[]}";
    private static final String STREAMED_CHAT =
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + "\"messages\":[]}";

    private static Production production;
    private static ScriptedUpstream upstream;
    private static NumberedKeys keys;

    @BeforeAll
    static void start() {
        production = Production.start();
        upstream = production.upstream();
        keys = new NumberedKeys(production.upstreamKey());
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @BeforeEach
    void beginAnew() {
        production.beginAnew();
    }

    @Test
    void movesTwoHundredRequestsWhoseKeyDiedUnseenByOneRefresh()
            throws IOException, InterruptedException, ExecutionException {
        var gate = new Gate();
        upstream.on(
                request -> keys.isIn(request, 1),
                Script.nothing().await(gate).then(Script.json(401, "{\"error\":{}}")));
        keys.accept(upstream, 2, Duration.ofMillis(10));
        try (var gateway =
                production
                        .quickGateway()
                        .environment("GATEWAY_VAULT_POLL_INTERVAL", "1h")
                        // Two hundred handshakes at once take a small machine some time.
                        .environment("GATEWAY_UPSTREAM_CONNECT_TIMEOUT", "30s")
                        .start()
                        .awaitReady()) {
            var oracle = LeakOracle.before(gateway, upstream);
            var reads = production.vault().calls().size();
            var prompts = upstream.prompts().size();
            var faults = new ArrayList<String>();
            try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
                var answers = new ArrayList<Future<String>>();
                for (var i = 0; i < 200; i++) {
                    var body = i % 2 == 0 ? CHAT : STREAMED_CHAT;
                    answers.add(
                            callers.submit(() ->
                                    NumberedKeys.fault(gateway.send(production.post(PATH, body)))));
                }
                upstream.awaitRequest(200, Duration.ofSeconds(30));
                production.write(keys.key(2), Map.of());

                gate.open();

                for (var answer : answers) {
                    faults.add(answer.get());
                }
            }

            assertThat(faults).hasSize(200).containsOnly("");
            assertThat(upstream.requests()).hasSize(400);
            assertThat(upstream.requests()).filteredOn(r -> keys.isIn(r, 1)).hasSize(200);
            assertThat(upstream.requests()).filteredOn(r -> keys.isIn(r, 2)).hasSize(200);
            assertThat(upstream.prompts()).hasSize(prompts + 1);
            assertThat(production.vault().calls()).hasSizeBetween(reads + 1, reads + 4);
            assertThat(gateway.metric("gateway_revision_number")).isEqualTo(2);
            oracle.assertNothingIsLeft();
        }
    }

    @Test
    void returnsToTheKeyBeforeWhenTheNewOneTurnsBad() throws IOException {
        keys.accept(upstream, 1, Duration.ofMillis(20));
        keys.accept(upstream, 2, Duration.ofMillis(20));
        var failed = new AtomicInteger();
        var faults = new ConcurrentLinkedQueue<String>();
        var answers = new AtomicInteger();
        var enough = new AtomicBoolean();
        try (var gateway = start("10m")) {
            var oracle = LeakOracle.before(gateway, upstream);
            production.write(keys.key(2), Map.of());
            awaitRevision(gateway, 2);
            var prompts = upstream.prompts().size();
            // Each of five goes on when it has its answer, so that what is counted is not how fast
            // the machine is.
            try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
                for (var body : List.of(CHAT, STREAMED_CHAT, CHAT, STREAMED_CHAT, CHAT)) {
                    var _ =
                            callers.submit(() -> {
                                while (!enough.get()) {
                                    var answer = gateway.send(production.post(PATH, body));
                                    faults.add(NumberedKeys.fault(answer));
                                    answers.incrementAndGet();
                                }
                                return answers;
                            });
                }
                await().atMost(SOON).until(() -> answers.get() > 20);

                keys.refuse(upstream, 2, failed);

                await().atMost(SOON).until(() -> gateway.metric("gateway_revision_number") == 1);
                var from = answers.get();
                await().atMost(SOON).until(() -> answers.get() > from + 20);
                enough.set(true);
            }

            assertThat(faults).hasSizeGreaterThan(40).containsOnly("");
            assertThat(failed).hasValueBetween(1, 5);
            assertThat(gateway.metric("gateway_revision_promotions_total", "how=\"rolled_back\""))
                    .isOne();
            // Five for the key that is refused, as one that is given up is asked with again, and
            // two for the key before.
            assertThat(upstream.prompts()).hasSize(prompts + 7);
            oracle.assertNothingIsLeft();
        }
    }

    @Test
    void staysWithANewKeyInAStormOf403s() throws IOException {
        upstream.on(
                request -> request.rawPath().endsWith("/embeddings"),
                Script.json(403, "{\"error\":{\"message\":\"not for you\"}}"));
        try (var gateway = start("10m")) {
            production.write(keys.key(2), Map.of());
            awaitRevision(gateway, 2);
            var prompts = upstream.prompts().size();

            SteadyLoad.Calls calls;
            try (var storm =
                    SteadyLoad.on(
                            gateway,
                            100,
                            RotationIT::whatElseThanForbidden,
                            production.post(
                                    "/v1/embeddings", "{\"model\":\"m\",\"input\":\"x\"}"))) {
                await().atMost(SOON).until(() -> storm.calls().count() >= 200);
                calls = storm.stop();
            }

            assertThat(calls.faults()).isEmpty();
            assertThat(upstream.requests())
                    .hasSize(calls.count())
                    .allMatch(request -> keys.isIn(request, 2));
            assertThat(gateway.metric("gateway_revision_number")).isEqualTo(2);
            assertThat(upstream.prompts()).hasSize(prompts);
        }
    }

    @Test
    void followsARollBackAPinAndItsRemovalWithinOnePollByOnePromptEach() throws IOException {
        try (var gateway =
                production
                        .quickGateway()
                        .environment("GATEWAY_VAULT_POLL_INTERVAL", "1s")
                        .environment("GATEWAY_ROLLOUT_PROBATION", "0s")
                        .start()
                        .awaitReady()) {
            production.write(keys.key(2), Map.of());
            awaitRevision(gateway, 2);
            var prompts = upstream.prompts().size();

            production.write(keys.key(1), Map.of());
            awaitRevision(gateway, 3);
            assertThat(keyInUse(gateway)).isEqualTo(keys.key(1));
            assertThat(upstream.prompts()).hasSize(prompts + 1);

            production.vault().annotate(Production.ENVIRONMENT, Map.of("pinned_version", "2"));
            awaitRevision(gateway, 2);
            assertThat(keyInUse(gateway)).isEqualTo(keys.key(2));
            assertThat(upstream.prompts()).hasSize(prompts + 2);

            production.vault().annotate(Production.ENVIRONMENT, Map.of());
            awaitRevision(gateway, 3);
            assertThat(keyInUse(gateway)).isEqualTo(keys.key(1));
            assertThat(upstream.prompts()).hasSize(prompts + 3);
        }
    }

    private static GatewayProcess start(String probation) {
        return production
                .quickGateway()
                .environment("GATEWAY_ROLLOUT_PROBATION", probation)
                .start()
                .awaitReady();
    }

    private static SteadyLoad load(GatewayProcess gateway) {
        return SteadyLoad.on(
                gateway,
                40,
                NumberedKeys::fault,
                production.post(PATH, CHAT),
                production.post(PATH, STREAMED_CHAT));
    }

    /// @return when it was seen
    private static Duration rotate(GatewayProcess gateway, SteadyLoad load, int number) {
        production.write(keys.key(number), Map.of());
        awaitRevision(gateway, number);
        return load.now();
    }

    private static void awaitRevision(GatewayProcess gateway, int number) {
        await("revision " + number)
                .atMost(ONE_POLL)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> gateway.metric("gateway_revision_number") == number);
    }

    private static String keyInUse(GatewayProcess gateway) throws IOException {
        upstream.takeRequests();
        assertThat(gateway.send(production.post(PATH, CHAT)).status()).isEqualTo(200);
        return upstream.requests()
                .getFirst()
                .header("authorization")
                .orElseThrow()
                .replaceFirst("^Bearer ", "");
    }

    private static boolean isSlow(RecordedRequest request) {
        return request.bodyText().contains("\"slow\"");
    }

    private static String whatElseThanForbidden(RawResponse response) {
        return response.bodyText().contains("upstream_permission_denied")
                ? ""
                : response.statusLine() + response.bodyText();
    }

    private static String statusOf(RawResponse response) {
        return response.status() == 200 ? "" : response.statusLine() + response.bodyText();
    }

    private static boolean carriesOneOf(RecordedRequest request, int most) {
        for (var number = 1; number <= most; number++) {
            if (keys.isIn(request, number)) {
                return true;
            }
        }
        return false;
    }

    private static void refuseAnyOtherKey() {
        upstream.answer(Script.json(401, "{\"error\":{}}"));
    }

    /// One after the other on one gateway, without probation.
    @Nested
    class OnOneGateway {

        private static GatewayProcess gateway;

        @BeforeAll
        static void start() {
            gateway = RotationIT.start("0s");
        }

        @AfterAll
        static void stop() {
            gateway.close();
        }

        @BeforeEach
        void awaitTheFirstKey() {
            await().atMost(SOON)
                    .untilAsserted(() -> {
                        assertThat(gateway.metric("gateway_revision_number")).isOne();
                        assertThat(keyInUse(gateway)).isEqualTo(keys.key(1));
                    });
            upstream.takeRequests();
        }

        @Test
        void losesNothingWhenTheKeyIsRotatedWhileBothAreGood() throws IOException {
            var rotations = 5;
            for (var number = 1; number <= rotations + 1; number++) {
                keys.accept(upstream, number, PAUSE);
            }
            refuseAnyOtherKey();
            var prompts = upstream.prompts().size();
            load(gateway).stop();
            upstream.takeRequests();
            var oracle = LeakOracle.before(gateway, upstream);
            var swaps = new ArrayList<Duration>();
            SteadyLoad.Calls calls;
            try (var load = load(gateway)) {
                for (var number = 2; number <= rotations + 1; number++) {
                    var from = load.calls().count();
                    await().atMost(SOON).until(() -> load.calls().count() >= from + 60);
                    swaps.add(rotate(gateway, load, number));
                }
                var from = load.calls().count();
                await().atMost(SOON).until(() -> load.calls().count() >= from + 60);
                calls = load.stop();
            }

            assertThat(calls.faults()).isEmpty();
            assertThat(swaps)
                    .allSatisfy(swap ->
                            assertThat(
                                            calls.only(call -> call.streamed() && call.spans(swap))
                                                    .all())
                                    .isNotEmpty());
            // One attempt each, none of them with a key that is not one of ours, or with two.
            assertThat(upstream.requests())
                    .hasSize(calls.count())
                    .allMatch(request -> carriesOneOf(request, rotations + 1));
            assertThat(upstream.prompts()).hasSize(prompts + rotations);
            oracle.assertNothingIsLeft();
        }

        @Test
        void changesNothingForAPinThatLeadsNowhere() throws IOException {
            var prompts = upstream.prompts().size();
            var promotions = gateway.metric("gateway_revision_promotions_total");
            var alarms =
                    gateway.metric("gateway_revision_alarms_total", "reason=\"pin_to_nowhere\"");
            for (var pin : List.of("99", "-1", "0", "abc")) {
                alarms++;
                var raised = alarms;
                production.vault().annotate(Production.ENVIRONMENT, Map.of("pinned_version", pin));
                await(pin)
                        .atMost(ONE_POLL)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() ->
                                gateway.metric(
                                                "gateway_revision_alarms_total",
                                                "reason=\"pin_to_nowhere\"")
                                        == raised);
                // A poll that finds nothing amiss makes the next pin news.
                var reads = production.vault().calls().size();
                production.vault().annotate(Production.ENVIRONMENT, Map.of());
                await().atMost(SOON).until(() -> production.vault().calls().size() >= reads + 2);
                assertThat(gateway.metric("gateway_revision_number")).as(pin).isOne();
            }
            assertThat(upstream.prompts()).hasSize(prompts);
            assertThat(gateway.metric("gateway_revision_promotions_total")).isEqualTo(promotions);
        }

        @Test
        void changesKeyAddressModelAndTimeOutInOneStep() throws IOException {
            try (var second = ScriptedUpstream.start(production.certificates().serverContext())) {
                var prompts = upstream.prompts().size();
                production.write(
                        keys.key(1),
                        Map.of(
                                "ALLTKN_DEFAULT_MODEL",
                                "model-1",
                                "AI_REQUEST_TIMEOUT_MS",
                                "20000"));
                awaitRevision(gateway, 2);
                var oracle = LeakOracle.before(gateway, upstream, second);
                var gate = new Gate();
                var slow =
                        Script.nothing()
                                .await(gate)
                                .then(Script.json(200, ScriptedUpstream.COMPLETION));
                upstream.on(RotationIT::isSlow, slow);
                second.on(RotationIT::isSlow, slow);
                try (var load =
                                SteadyLoad.on(
                                        gateway,
                                        40,
                                        RotationIT::statusOf,
                                        production.post(PATH, "{\"messages\":[]}"));
                        var before = gateway.connect();
                        var after = gateway.connect()) {
                    await().atMost(SOON).until(() -> load.calls().count() >= 40);
                    before.send(production.post(PATH, "{\"user\":\"slow\",\"messages\":[]}"));
                    production.write(
                            keys.key(3),
                            Map.of(
                                    "ALLTKN_BASE_URL", second.baseUrl().toString(),
                                    "ALLTKN_DEFAULT_MODEL", "model-3",
                                    "AI_REQUEST_TIMEOUT_MS", "4000"));
                    awaitRevision(gateway, 3);
                    await().atMost(SOON)
                            .until(() ->
                                    load.calls().only(call -> call.revision().equals("3")).count()
                                            > 0);
                    after.send(production.post(PATH, "{\"user\":\"slow\",\"messages\":[]}"));
                    var from = load.calls().count();
                    await().atMost(SOON).until(() -> load.calls().count() >= from + 40);

                    assertThat(load.stop().faults()).isEmpty();
                    assertThat(after.read(SOON).status()).isEqualTo(504);
                    gate.open();
                    assertThat(before.read(SOON).status()).isEqualTo(200);
                }
                for (var number : List.of(1, 3)) {
                    var at = number == 1 ? upstream : second;
                    assertThat(at.requests())
                            .hasSizeGreaterThan(40)
                            .allMatch(request ->
                                    keys.isIn(request, number)
                                            && request.bodyText()
                                                    .contains("\"model-" + number + "\""));
                    assertThat(at.prompts())
                            .hasSize(number == 1 ? prompts + 1 : 1)
                            .allMatch(request -> keys.isIn(request, number));
                }
                oracle.assertNothingIsLeft();
            }
        }
    }
}
