package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Persistence;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A gateway that tries again, falls back and leaves a dead upstream alone.
@QuarkusTest
@WithTestResource(Persistence.class)
class RetryTest extends ExchangeTest {

    private static final String ERROR =
            "{\"error\":{\"message\":\"no\",\"type\":\"server_error\",\"param\":null,\"code\":null}}";
    private static final String UNKNOWN_MODEL =
            "{\"error\":{\"message\":\"no such model\",\"type\":\"invalid_request_error\","
                    + "\"param\":null,\"code\":\"model_not_found\"}}";
    private static final String EMBEDDING = "{\"model\":\"some-model\",\"input\":\"x\"}";
    private static final Script OVERLOADED = Script.json(503, ERROR);

    @ParameterizedTest
    @ValueSource(ints = {408, 409, 429, 500, 502, 503, 504, 529})
    void triesAgainUntilThereIsAnAnswer(int status) throws IOException {
        laboratory.upstream().answerNext(Script.json(status, ERROR), Script.json(status, ERROR));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
        assertThat(laboratory.upstream().requests())
                .hasSize(3)
                .extracting(RecordedRequest::bodyText)
                .containsOnly(CHAT);
        var record = records.single();
        assertThat(summary(record)).isEqualTo("200 answered");
        assertThat(record.path("attempts").asInt()).isEqualTo(3);
    }

    @Test
    void tellsTheCallerNotToAddTriesOfItsOwn() throws IOException {
        laboratory.upstream().answer(Script.json(500, ERROR));

        var response = send(post("/v1/chat/completions", CHAT));

        assertEnvelope(response, 502, "upstream_failed");
        assertThat(response.header("x-should-retry")).contains("false");
        assertThat(laboratory.upstream().requests()).hasSize(3);
    }

    @Test
    void waitsAsLongAsUpstreamSays() throws IOException {
        laboratory.upstream().answerNext(Script.json(429, ERROR, "retry-after-ms: 400"));
        var began = Instant.now();

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(Duration.between(began, Instant.now())).isGreaterThan(Duration.ofMillis(400));
    }

    @Test
    void handsOnAWaitThatIsLongerThanItWouldKeepACaller() throws IOException {
        laboratory.upstream().answer(Script.json(429, ERROR, "retry-after: 30"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertEnvelope(response, 429, "rate_limit_exceeded");
        assertThat(response.header("retry-after")).contains("30");
        assertThat(response.header("x-should-retry")).isEmpty();
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    /// OpenAI's SDKs count their tries from 0. Each of them would else be three upstream.
    @ParameterizedTest
    @CsvSource({"0,3", "1,1", "2,1"})
    void leavesARateLimitToAnSdkThatTriesAgainByItself(String tries, int calls) throws IOException {
        laboratory.upstream().answer(Script.json(429, ERROR, "retry-after-ms: 1"));

        var response =
                send(post("/v1/chat/completions", CHAT, "x-stainless-retry-count: " + tries));

        assertEnvelope(response, 429, "rate_limit_exceeded");
        assertThat(response.header("x-should-retry")).isEmpty();
        assertThat(laboratory.upstream().requests()).hasSize(calls);
    }

    @Test
    void obeysAnUpstreamThatWantsNoFurtherTry() throws IOException {
        laboratory.upstream().answer(Script.json(500, ERROR, "x-should-retry: false"));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.header("x-should-retry")).contains("false");
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @Test
    void sendsAPostOnceWhereNobodyKnowsWhetherItWasDone() throws IOException {
        try (var caller = connect()) {
            // So that the connection to upstream is not an idle one.
            caller.send(post("/v1/chat/completions", CHAT)).read(SOON);
            laboratory.upstream().forget();
            laboratory.upstream().answer(Script.nothing().reset());

            var response = caller.send(post("/v1/chat/completions", CHAT)).read(SOON);

            assertEnvelope(response, 502, "upstream_unreachable");
            assertThat(response.header("x-should-retry")).isEmpty();
            assertThat(laboratory.upstream().requests()).hasSize(1);
        }
    }

    /// The answer to the first try asks for a wait in which the connection becomes an old one.
    @Test
    void countsARequestThatAnIdleConnectionLostAmongItsTries() throws IOException {
        var used = ConcurrentHashMap.<Long>newKeySet();
        laboratory
                .upstream()
                .on(request -> !used.add(request.connectionId()), Script.nothing().close());
        laboratory.upstream().answer(Script.json(503, ERROR, "retry-after-ms: 1100"));

        var response = send(post("/v1/embeddings", EMBEDDING));

        assertEnvelope(response, 503, "upstream_overloaded");
        assertThat(response.header("x-should-retry")).contains("false");
        assertThat(laboratory.upstream().requests()).hasSize(3);
        assertThat(records.single().path("attempts").asInt()).isEqualTo(3);
    }

    @Test
    void repeatsAGetThatWasNotAnswered() throws IOException {
        laboratory.upstream().answerNext(Script.nothing().reset(), Script.nothing().reset());
        laboratory.upstream().answer(Script.json(200, "{\"data\":[]}"));

        var response = send(request("GET", "/v1/models", ""));

        assertThat(response.bodyText()).isEqualTo("{\"data\":[]}");
        assertThat(laboratory.upstream().requests()).hasSize(3);
    }

    @Test
    void sendsAnUploadOnce() throws IOException {
        laboratory.upstream().answer(Script.json(503, ERROR));
        var body = "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--x--\r\n";

        var response =
                send(
                        RawHttp.request(
                                        "POST",
                                        "/v1/audio/transcriptions",
                                        "",
                                        withKey(
                                                laboratory.callerKey(),
                                                "content-type: multipart/form-data; boundary=x",
                                                "content-length: " + body.length()))
                                + body);

        assertEnvelope(response, 503, "upstream_overloaded");
        assertThat(response.header("x-should-retry")).isEmpty();
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @Test
    void triesAStreamAgainBeforeItsFirstByteOnly() throws IOException {
        laboratory
                .upstream()
                .answerNext(OVERLOADED, Script.sseHead().chunk(HELLO).cut(), Script.sse("never"));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        assertEndsInError(response, HELLO, "upstream_interrupted");
        assertThat(laboratory.upstream().requests()).hasSize(2);
    }

    @Test
    void callsNobodyAfterItsCallerHasGone() throws IOException {
        laboratory.upstream().answer(Script.json(503, ERROR, "retry-after-ms: 1000"));
        try (var connection = connect()) {
            connection.send(post("/v1/chat/completions", CHAT));
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> laboratory.upstream().requests().size() == 1);
        }

        var record = records.single();

        assertThat(summary(record)).isEqualTo("499 caller_gone caller_gone");
        assertThat(record.path("attempts").asInt()).isEqualTo(1);
        Awaitility.await()
                .during(Duration.ofMillis(1500))
                .atMost(SOON)
                .until(() -> laboratory.upstream().requests().size() == 1);
    }

    @Test
    void hasItsBudgetBackAfterCallersLeftWhileTheyWaited() throws IOException {
        var waiting = CHAT.replace("some-model", "waiting-model");
        laboratory.upstream().answer(Script.json(503, ERROR, "retry-after-ms: 4000"));
        var callers = new ArrayList<RawHttp>();
        for (var i = 0; i < 3; i++) {
            callers.add(connect().send(loyalPost(waiting)));
        }
        Awaitility.await().atMost(SOON).until(() -> laboratory.upstream().requests().size() == 3);
        var whileThreeWait = loyally(waiting);
        var calls = laboratory.upstream().requests().size();

        for (var caller : callers) {
            caller.close();
        }
        records.await(4);
        laboratory.upstream().forget();
        laboratory.upstream().answerNext(Script.json(503, ERROR, "retry-after-ms: 10"));
        var afterTheyLeft = loyally(waiting);

        assertThat(whileThreeWait.status()).isEqualTo(503);
        assertThat(calls).isEqualTo(4);
        assertThat(afterTheyLeft.status()).isEqualTo(200);
        assertThat(laboratory.upstream().requests()).hasSize(2);
    }

    @Test
    void letsTheNextOneTryWhereTheCallerOfATrialLeft() throws IOException {
        var tried = CHAT.replace("some-model", "tried-model");
        laboratory.upstream().on(asks("tried-model"), Script.json(500, ERROR));
        Awaitility.await("refused at once")
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(10))
                .until(() -> loyally(tried).bodyText().contains("upstream_unavailable"));
        var calls = laboratory.upstream().requests().size();
        laboratory.upstream().on(asks("tried-model"), Script.silence());
        // The first of a caller that had no part in the failures is a trial.
        try (var caller = connect()) {
            caller.send(post("/v1/chat/completions", tried));
            Awaitility.await()
                    .atMost(SOON)
                    .until(() -> laboratory.upstream().requests().size() == calls + 1);
        }
        Awaitility.await().atMost(SOON).until(() -> metric("gateway_exchanges_in_flight") == 0);
        laboratory.upstream().forget();

        var next =
                send(
                        RawHttp.post(
                                "/v1/chat/completions",
                                tried,
                                withKey(laboratory.storingCallerKey())));

        assertThat(next.status()).isEqualTo(200);
    }

    @Test
    void givesUpAFallbackWhoseCallerHasGone() throws IOException, InterruptedException {
        laboratory.upstream().on(asks("some-model"), Script.json(404, UNKNOWN_MODEL));
        laboratory.upstream().on(asks("second-model"), Script.silence());
        try (var caller = connect()) {
            caller.send(post("/v1/chat/completions", CHAT));
            laboratory.upstream().awaitRequest(2, SOON);
        }

        var id = laboratory.upstream().requests().getLast().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(summary(records.single())).isEqualTo("499 caller_gone caller_gone");
        assertThat(laboratory.upstream().requests()).hasSize(2);
    }

    @Test
    void fallsBackWhereAModelStaysOverloaded() throws IOException {
        answersOnly("third-model");

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("x-gateway-model")).contains("third-model");
        var bodies = laboratory.upstream().requests();
        assertThat(bodies.getLast().bodyText())
                .isEqualTo(CHAT.replace("some-model", "third-model"));
        assertThat(records.single().path("model").asText()).isEqualTo("third-model");
    }

    @Test
    void fallsBackWhereAModelIsNotKnown() throws IOException {
        laboratory.upstream().on(asks("some-model"), Script.json(404, UNKNOWN_MODEL));

        var response = send(post("/v1/responses", "{\"model\":\"some-model\",\"input\":\"x\"}"));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("x-gateway-model")).contains("second-model");
        assertThat(laboratory.upstream().requests()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {CHAT, STREAMED_CHAT})
    void fallsBackWhereAModelSaysNothing(String body) throws IOException {
        laboratory.upstream().on(asks("some-model"), Script.silence());
        laboratory
                .upstream()
                .on(
                        asks("second-model"),
                        body.equals(CHAT)
                                ? Script.json(200, ScriptedUpstream.COMPLETION)
                                : Script.sseHead().chunk(HELLO + DONE).lastChunk());

        var response = send(post("/v1/chat/completions", body));

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("x-gateway-model")).contains("second-model");
    }

    @Test
    void keepsTheModelOfACallerWhoWantsNoOther() throws IOException {
        laboratory.upstream().answer(Script.json(404, UNKNOWN_MODEL));

        var response =
                send(
                        RawHttp.post(
                                "/v1/chat/completions",
                                CHAT,
                                withKey(laboratory.loyalCallerKey())));

        assertEnvelope(response, 404, "model_not_found");
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @Test
    void keepsTheModelWhereItsNumbersMeanSomethingElse() throws IOException {
        laboratory.upstream().answer(Script.json(404, UNKNOWN_MODEL));

        var response = send(post("/v1/embeddings", "{\"model\":\"some-model\",\"input\":\"x\"}"));

        assertEnvelope(response, 404, "model_not_found");
        assertThat(laboratory.upstream().requests()).hasSize(1);
    }

    @Test
    void leavesADeadUpstreamAloneAndComesBack() throws IOException {
        var dying = CHAT.replace("some-model", "dying-model");
        laboratory.upstream().on(asks("dying-model"), Script.json(500, ERROR));
        Awaitility.await("refused at once")
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(10))
                .until(() -> loyally(dying).bodyText().contains("upstream_unavailable"));
        assertThat(metric("gateway_upstream_breakers_open")).isEqualTo(1);
        var calls = laboratory.upstream().requests().size();

        var response = loyally(dying);

        assertEnvelope(response, 503, "upstream_unavailable");
        assertThat(Long.parseLong(response.header("retry-after-ms").orElseThrow()))
                .isBetween(1L, 1000L);
        assertThat(laboratory.upstream().requests()).hasSize(calls);
        assertThat(loyally(CHAT).status()).as("another model").isEqualTo(200);
        laboratory.upstream().forget();
        Awaitility.await("answered again")
                .pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(2))
                .until(() -> loyally(dying).status() == 200);
        assertThat(metric("gateway_upstream_breakers_open")).isZero();
    }

    @Test
    void asksLittleMoreOfAnUpstreamThatOnlyFails() throws InterruptedException, ExecutionException {
        var failing = CHAT.replace("some-model", "failing-model");
        laboratory.upstream().answer(Script.json(503, ERROR));

        var statuses = new HashSet<Integer>();
        try (var callers = Executors.newFixedThreadPool(16)) {
            Callable<Integer> call = () -> loyally(failing).status();
            for (var one : callers.invokeAll(Collections.nCopies(400, call))) {
                statuses.add(one.get());
            }
        }

        assertThat(statuses).containsExactly(503);
        assertThat(laboratory.upstream().requests()).hasSizeLessThanOrEqualTo(480);
    }

    private RawResponse loyally(String body) throws IOException {
        return send(loyalPost(body));
    }

    private String loyalPost(String body) {
        return RawHttp.post("/v1/chat/completions", body, withKey(laboratory.loyalCallerKey()));
    }

    private void answersOnly(String model) {
        laboratory.upstream().answer(OVERLOADED);
        laboratory.upstream().on(asks(model), Script.json(200, ScriptedUpstream.COMPLETION));
    }

    private static Predicate<RecordedRequest> asks(String model) {
        return request -> request.bodyText().contains('"' + model + '"');
    }
}
