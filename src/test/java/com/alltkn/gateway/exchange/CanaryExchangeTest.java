package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.GatewayUnderTest;
import com.alltkn.gateway.laboratory.GatewayUnderTest.Laboratory;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A whole gateway between two keys, of which the newer has a canary. Its clocks leave a stream the
/// time that a comparison takes.
@QuarkusTest
@WithTestResource(
        value = GatewayUnderTest.class,
        initArgs = {
            @ResourceArg(name = "poll-interval", value = "500ms"),
            @ResourceArg(name = "gateway.rollout.canary.minimum-callers", value = "2"),
            @ResourceArg(name = "gateway.upstream.idle-timeout", value = "60s"),
            @ResourceArg(name = "gateway.upstream.stream-timeout", value = "60s")
        })
@SuppressWarnings("NullAway.Init") // the fields are filled in before each test
class CanaryExchangeTest {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String CHAT = "{\"model\":\"some-model\",\"messages\":[]}";
    private static final String STREAMED_CHAT =
            "{\"model\":\"some-model\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                    + "\"messages\":[]}";
    private static final String HELLO = Script.event("{\"choices\":[]}");
    private static final String DONE = Script.event("[DONE]");

    /// Fewer than the candidate needs for its promotion.
    private static final int EXCHANGES = 240;

    private static final int PERCENT = 25;

    /// Of 240 exchanges 60 are to be expected, ±6.7; five times that is met once in a million.
    private static final int LEAST = 26;

    private static final int MOST = 94;

    Laboratory laboratory;

    @TestHTTPResource("/")
    URI url;

    @TestHTTPResource(value = "/", management = true)
    URI managementUrl;

    private final String activeKey = "test-key-active-" + UUID.randomUUID();
    private final String candidateKey = "test-key-candidate-" + UUID.randomUUID();
    private long candidate;

    @BeforeEach
    void beginWithACanary() {
        laboratory.upstream().forget();
        var active = write(activeKey, 0);
        await("the active key", "gateway_revision_number", active);
        await("it is settled", "gateway_revision_stage{stage=\"settled\"}", 1);
        candidate = write(candidateKey, PERCENT);
        await("the canary", "gateway_revision_stage{stage=\"canary\"}", 1);
        laboratory.upstream().forget();
    }

    /// A newer version would wait for the end of the canary; the old content does not.
    @AfterEach
    void endTheCanary() {
        var active = write(activeKey, 0);
        await("the active key", "gateway_revision_number", active);
    }

    @Test
    void givesTheCandidateItsShareAndEachAttemptOneKey() throws IOException {
        var responses = exchange(EXCHANGES);

        var requests = laboratory.upstream().requests();
        assertThat(responses).extracting(RawResponse::status).containsOnly(200);
        assertThat(requests).hasSize(EXCHANGES);
        assertThat(candidates()).hasSizeBetween(LEAST, MOST);
        for (var i = 0; i < EXCHANGES; i++) {
            var revision = responses.get(i).header("x-gateway-revision").orElseThrow();
            var ofCandidate = revision.equals(Long.toString(candidate));
            assertThat(requests.get(i).header("authorization"))
                    .contains("Bearer " + (ofCandidate ? candidateKey : activeKey));
        }
        assertThat(metric("gateway_revision_canary_percent")).isEqualTo(PERCENT);
    }

    @Test
    void goesOnWithTheCandidatesConnectionsWhenItIsPromoted() throws IOException {
        while (candidates().size() < 100) {
            exchange(20);
        }
        var connections = new HashSet<Long>();
        candidates().forEach(request -> connections.add(request.connectionId()));
        await("its promotion", "gateway_revision_number", candidate);
        laboratory.upstream().forget();

        exchange(50);

        assertThat(candidates()).hasSize(50);
        assertThat(candidates())
                .extracting(RecordedRequest::connectionId)
                .allMatch(connections::contains);
    }

    @Test
    void finishesAnswersOfARejectedCandidateAndThenClosesItsConnections()
            throws IOException, InterruptedException {
        var upstream = laboratory.upstream();
        var rejected = metric("gateway_revision_rejections_total{reason=\"canary_worse\"}");
        var gate = new Gate();
        upstream.on(
                request -> isCandidates(request) && request.bodyText().equals(STREAMED_CHAT),
                Script.sseHead().chunk(HELLO).await(gate).chunk(DONE).lastChunk());
        upstream.on(
                request -> !isCandidates(request) && request.bodyText().equals(STREAMED_CHAT),
                Script.sse(HELLO, DONE));
        upstream.on(
                request -> isCandidates(request) && request.bodyText().equals(CHAT),
                Script.json(500, "{\"error\":{\"message\":\"broken\"}}"));
        try (var streaming = streamOfTheCandidate()) {
            exchange(EXCHANGES);
            await(
                    "its rejection",
                    "gateway_revision_rejections_total{reason=\"canary_worse\"}",
                    rejected + 1);
            var connections = new HashSet<Long>();
            candidates().forEach(request -> connections.add(request.connectionId()));
            upstream.forget();
            var after = exchange(50);
            gate.open();
            var stream = streaming.readUntil("0\r\n\r\n", SOON);

            assertThat(after).extracting(RawResponse::status).containsOnly(200);
            assertThat(candidates()).isEmpty();
            assertThat(stream).contains("[DONE]");
            for (var connection : connections) {
                assertThat(upstream.awaitPeerClosed(connection, SOON)).isTrue();
            }
        }
    }

    @Test
    void movesExchangesToTheActiveKeyWhenTheCandidatesIsRefused() throws IOException {
        var upstream = laboratory.upstream();
        var refused = "gateway_revision_rejections_total{reason=\"key_refused\"}";
        var rejected = metric(refused);
        upstream.on(this::isCandidates, Script.json(401, "{}"));
        upstream.onPrompt(this::isCandidates, Script.json(401, "{}"));

        var responses = exchange(100);

        assertThat(responses).extracting(RawResponse::status).containsOnly(200);
        assertThat(candidates()).isNotEmpty();
        await("its rejection", refused, rejected + 1);
    }

    private long write(String key, int percent) {
        var fields = new HashMap<String, Object>();
        fields.put("ALLTKN_API_KEY", key);
        fields.put("ALLTKN_BASE_URL", laboratory.upstream().baseUrl().toString());
        fields.put("ALLTKN_CANARY_PERCENT", percent);
        return laboratory.vault().write("test", Map.copyOf(fields));
    }

    /// One after the other, of both callers in turn.
    private List<RawResponse> exchange(int count) throws IOException {
        var responses = new ArrayList<RawResponse>();
        for (var i = 0; i < count; i++) {
            var key = i % 2 == 0 ? laboratory.callerKey() : laboratory.storingCallerKey();
            try (var connection = RawHttp.connect(url.getPort())) {
                responses.add(connection.send(chat(CHAT, key)).read(SOON));
            }
        }
        return responses;
    }

    /// A stream that has begun with the candidate's key and goes on.
    private RawHttp streamOfTheCandidate() throws IOException {
        while (true) {
            var connection = RawHttp.connect(url.getPort());
            connection.send(chat(STREAMED_CHAT, laboratory.callerKey()));
            connection.readUntil("choices", SOON);
            if (isCandidates(laboratory.upstream().requests().getLast())) {
                return connection;
            }
            connection.close();
        }
    }

    private static String chat(String body, String key) {
        return RawHttp.post("/v1/chat/completions", body, "authorization: Bearer " + key);
    }

    private List<RecordedRequest> candidates() {
        return laboratory.upstream().requests().stream().filter(this::isCandidates).toList();
    }

    private boolean isCandidates(RecordedRequest request) {
        return request.header("authorization")
                .filter(value -> value.equals("Bearer " + candidateKey))
                .isPresent();
    }

    private void await(String what, String meter, double value) {
        Awaitility.await(what)
                .pollDelay(Duration.ZERO)
                .atMost(Duration.ofSeconds(20))
                .until(() -> metric(meter) == value);
    }

    /// The sample of exactly this name and these labels; 0 before there is one.
    private double metric(String sample) {
        try (var connection = RawHttp.connect(managementUrl.getPort())) {
            return connection
                    .send(RawHttp.request("GET", "/q/metrics", "", "accept: */*"))
                    .read(SOON)
                    .bodyText()
                    .lines()
                    .filter(line -> line.startsWith(sample + " "))
                    .mapToDouble(
                            line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
