package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What becomes of a request that goes into a connection which upstream has given up meanwhile: it
/// ends each with its second request, however soon or late that comes.
@QuarkusTest
class LostRequestTest extends ExchangeTest {

    /// Longer than a connection may be idle and still be taken for a live one.
    private static final Duration LONG = Duration.ofMillis(1200);

    private static final String EMBEDDING = "{\"model\":\"some-model\",\"input\":\"x\"}";
    private static final String STREAM =
            HELLO + Script.event("{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}") + DONE;
    private static final String PART =
            "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--x--\r\n";

    private final Set<Long> used = ConcurrentHashMap.newKeySet();
    private final Predicate<RecordedRequest> second = request -> !used.add(request.connectionId());

    @Test
    void sendsAnewWhatAnIdleConnectionHasLost() throws IOException, InterruptedException {
        var repeats = metric("gateway_upstream_repeats_total");
        var settled = 0;
        var requests =
                List.of(
                        post("/v1/chat/completions", CHAT),
                        post("/v1/chat/completions", STREAMED_CHAT),
                        post("/v1/embeddings", EMBEDDING),
                        post("/v1/responses", "{\"model\":\"m\",\"store\":false,\"input\":\"x\"}"),
                        request("GET", "/v1/models", ""));
        for (var end : List.of(Script.nothing().close(), Script.nothing().reset())) {
            var answers = afterAPause(requests, end);

            settled += 10;
            assertThat(answers).hasSize(5).allMatch(answer -> answer.status() == 200);
            assertThat(answers.get(1).bodyText()).isEqualTo(STREAM);
            // Each came twice, and was answered once.
            assertThat(
                            laboratory.upstream().requests().stream()
                                    .collect(
                                            Collectors.groupingBy(
                                                    request ->
                                                            request.rawPath() + request.bodyText(),
                                                    Collectors.counting())))
                    .hasSize(5)
                    .allSatisfy((_, times) -> assertThat(times).isEqualTo(2));
            assertThat(records.await(settled).subList(settled - 5, settled))
                    .allMatch(record -> record.path("attempts").asInt() == 2)
                    .allMatch(record -> record.path("outcome").asText().equals("answered"));
        }

        assertThat(metric("gateway_upstream_repeats_total") - repeats).isEqualTo(10);
        assertThat(metric("gateway_upstream_connections_in_use")).isZero();
    }

    /// An upload, for it cannot be sent again, and whatever changes what is stored.
    @Test
    void sendsOnANewConnectionWhatMayNotBeSentAnew() throws IOException, InterruptedException {
        var key = laboratory.storingCallerKey();
        var requests =
                List.of(
                        upload("/v1/audio/transcriptions"),
                        upload("/v1/files"),
                        RawHttp.post("/v1/batches", "{\"input_file_id\":\"f\"}", withKey(key)),
                        RawHttp.request("DELETE", "/v1/files/f", "", withKey(key)),
                        RawHttp.post(
                                "/v1/responses", "{\"model\":\"m\",\"input\":\"x\"}", withKey(key)),
                        RawHttp.post(
                                "/v1/chat/completions",
                                "{\"model\":\"m\",\"store\":true,\"messages\":[]}",
                                withKey(key)),
                        RawHttp.post(
                                "/v1/responses",
                                "{\"model\":\"m\",\"store\":false,\"conversation\":\"c\"}",
                                withKey(key)));
        var answers = afterAPause(requests, Script.nothing().close());

        assertThat(answers).hasSize(7).allMatch(answer -> answer.status() == 200);
        assertThat(laboratory.upstream().requests()).hasSize(7);
        assertThat(records.await(14).subList(7, 14))
                .allMatch(record -> record.path("attempts").asInt() == 1);
    }

    @Test
    void sendsAnUploadOnANewConnectionEvenWhereOneWasInUseAMomentAgo() throws IOException {
        try (var caller = connect()) {
            var first = caller.send(post("/v1/chat/completions", CHAT)).read(SOON);
            laboratory.upstream().answer(Script.json(200, "{}"));

            var second = caller.send(upload("/v1/audio/transcriptions")).read(SOON);

            assertThat(List.of(first.status(), second.status())).containsOnly(200);
            assertThat(laboratory.upstream().requests())
                    .extracting(RecordedRequest::connectionId)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void takesAConnectionThatWasInUseAMomentAgoForALiveOne() throws IOException {
        endEachWithItsSecondRequest(Script.nothing().close());
        try (var caller = connect()) {
            caller.send(post("/v1/chat/completions", CHAT)).read(SOON);

            var answer = caller.send(post("/v1/chat/completions", CHAT)).read(SOON);

            assertEnvelope(answer, 502, "upstream_unreachable");
            assertThat(laboratory.upstream().requests()).hasSize(2);
        }
    }

    @Test
    void sendsNothingAnewThatUpstreamHasBegunToAnswerOrThoughtAbout()
            throws IOException, InterruptedException {
        var slowly = Script.nothing().pause(Duration.ofMillis(1300)).close();
        for (var end : List.of(slowly, Script.nothing().send("HTTP").close())) {
            var answers = afterAPause(List.of(post("/v1/chat/completions", CHAT)), end);

            assertEnvelope(answers.getFirst(), 502, "upstream_unreachable");
            assertThat(laboratory.upstream().requests()).hasSize(1);
        }
    }

    /// Sixteen at once are no coincidence: ten beside all retries, and as many as may be in a retry
    /// however few requests there are.
    @Test
    void sendsTenAnewAtOnceAndFurtherOnesOutOfTheRetryBudget()
            throws IOException, InterruptedException {
        var upstream = laboratory.upstream();
        var repeats = metric("gateway_upstream_repeats_total");
        var callers = new ArrayList<RawHttp>();
        try {
            for (var i = 0; i < 16; i++) {
                callers.add(connect());
            }
            var asked = answerFirstRequestsAfter(Script.nothing());
            askAll(callers);
            upstream.awaitRequest(16, SOON);
            asked.open();
            assertThat(readAll(callers)).hasSize(16).allMatch(answer -> answer.status() == 200);
            pass(LONG);

            upstream.forget();
            var lost = new Gate();
            var decided = answerFirstRequestsAfter(Script.nothing().await(lost).close());
            askAll(callers);
            upstream.awaitRequest(16, SOON);
            lost.open();
            // Each was sent anew, or its caller has been told.
            await().atMost(SOON)
                    .until(() -> upstream.requests().size() + records.lines().size() == 3 * 16);
            decided.open();
            var answers = readAll(callers);

            assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(10 + 3);
            assertThat(answers)
                    .filteredOn(answer -> answer.status() != 200)
                    .hasSize(3)
                    .allSatisfy(answer -> assertEnvelope(answer, 502, "upstream_unreachable"));
            assertThat(upstream.requests()).hasSize(16 + 13);
            assertThat(metric("gateway_upstream_repeats_total") - repeats).isEqualTo(13);
        } finally {
            for (var caller : callers) {
                caller.close();
            }
        }
    }

    /// Answers the first request of each connection once the gate is opened.
    ///
    /// @param then what comes of a second one
    private Gate answerFirstRequestsAfter(Script then) {
        var gate = new Gate();
        laboratory.upstream().on(request -> used.contains(request.connectionId()), then);
        laboratory
                .upstream()
                .on(
                        second.negate(),
                        Script.nothing()
                                .await(gate)
                                .then(Script.json(200, ScriptedUpstream.COMPLETION)));
        return gate;
    }

    private void endEachWithItsSecondRequest(Script end) {
        var upstream = laboratory.upstream();
        upstream.forget();
        upstream.on(LostRequestTest::isStream, Script.sse(STREAM));
        upstream.on(second, end);
    }

    /// Sends all at once, so that each leaves a connection behind, and then again on old ones.
    ///
    /// @param end what comes of the second request of a connection
    private List<RawResponse> afterAPause(List<String> requests, Script end)
            throws IOException, InterruptedException {
        var upstream = laboratory.upstream();
        var gate = new Gate();
        var callers = new ArrayList<RawHttp>();
        upstream.forget();
        used.clear();
        var waiting = Script.nothing().await(gate);
        upstream.answer(waiting.then(Script.json(200, ScriptedUpstream.COMPLETION)));
        upstream.on(LostRequestTest::isStream, waiting.then(Script.sse(STREAM)));
        upstream.on(second.and(_ -> false), end);
        try {
            for (var request : requests) {
                callers.add(connect().send(request));
            }
            upstream.awaitRequest(requests.size(), SOON);
            gate.open();
            assertThat(readAll(callers)).allMatch(answer -> answer.status() == 200);
            pass(LONG);
            endEachWithItsSecondRequest(end);
            for (var i = 0; i < requests.size(); i++) {
                callers.get(i).send(requests.get(i));
            }
            return readAll(callers);
        } finally {
            for (var caller : callers) {
                caller.close();
            }
        }
    }

    private static boolean isStream(RecordedRequest request) {
        return request.bodyText().contains("\"stream\":true");
    }

    private void askAll(List<RawHttp> callers) throws IOException {
        for (var caller : callers) {
            caller.send(post("/v1/chat/completions", CHAT));
        }
    }

    private static List<RawResponse> readAll(List<RawHttp> callers) throws IOException {
        var answers = new ArrayList<RawResponse>();
        for (var caller : callers) {
            answers.add(caller.read(SOON));
        }
        return answers;
    }

    private String upload(String path) {
        return RawHttp.request(
                        "POST",
                        path,
                        "",
                        withKey(
                                laboratory.storingCallerKey(),
                                "content-type: multipart/form-data; boundary=x",
                                "content-length: " + PART.length()))
                + PART;
    }

    private static void pass(Duration time) {
        await().pollDelay(time).atMost(time.plus(SOON)).until(() -> true);
    }
}
