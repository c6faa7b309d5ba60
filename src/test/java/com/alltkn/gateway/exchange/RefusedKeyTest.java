package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayUnderTest;
import com.alltkn.gateway.laboratory.GatewayUnderTest.Laboratory;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// A gateway that would look at Vault again in an hour only, so that nothing but a refused key
/// makes it look.
@QuarkusTest
@WithTestResource(
        value = GatewayUnderTest.class,
        initArgs = @ResourceArg(name = "poll-interval", value = "1h"))
@SuppressWarnings("NullAway.Init") // the fields are filled in before the test
class RefusedKeyTest {

    private static final String CHAT = "{\"model\":\"some-model\",\"messages\":[]}";

    /// Just below the laboratory's limit of 2 MiB.
    private static final String LARGE_CHAT =
            CHAT.replace("[]", "[{\"content\":\"" + "x".repeat((2 << 20) - 1024) + "\"}]");

    private static final String REFUSAL =
            "{\"error\":{\"message\":\"Incorrect API key provided: sk-1234\",\"type\":\"x\"}}";

    Laboratory laboratory;

    @TestHTTPResource("/")
    URI url;

    @Test
    void movesEveryRequestToTheNewKeyWhenTheOldOneDiesUnseen()
            throws InterruptedException, ExecutionException {
        var upstream = laboratory.upstream();
        upstream.answer(Script.json(200, ScriptedUpstream.COMPLETION));
        Awaitility.await("the first key answers")
                .atMost(Duration.ofSeconds(10))
                .until(() -> chat(CHAT).status() == 200);
        upstream.on(this::hasTheFirstKey, Script.json(401, REFUSAL));
        laboratory
                .vault()
                .write(
                        "test",
                        Map.of(
                                "ALLTKN_API_KEY",
                                "test-key-" + UUID.randomUUID(),
                                "ALLTKN_BASE_URL",
                                upstream.baseUrl().toString(),
                                "AI_REQUEST_TIMEOUT_MS",
                                "10000"));
        var before = upstream.requests().size();

        var responses = new ArrayList<RawResponse>();
        try (var threads = Executors.newFixedThreadPool(32)) {
            Callable<RawResponse> small = () -> chat(CHAT);
            Callable<RawResponse> large = () -> chat(LARGE_CHAT);
            var requests = Stream.concat(Stream.of(large), Stream.generate(() -> small));
            for (var answer : threads.invokeAll(requests.limit(200).toList())) {
                responses.add(answer.get());
            }
        }

        assertThat(responses).extracting(RawResponse::status).containsOnly(200);
        var seen = upstream.requests().subList(before, upstream.requests().size());
        assertThat(seen).filteredOn(request -> !hasTheFirstKey(request)).hasSize(200);
        assertThat(seen).filteredOn(this::hasTheFirstKey).isNotEmpty().hasSizeLessThan(201);
    }

    private RawResponse chat(String body) throws IOException {
        try (var connection = RawHttp.connect(url.getPort())) {
            return connection
                    .send(
                            RawHttp.post(
                                    "/v1/chat/completions",
                                    body,
                                    "authorization: Bearer " + laboratory.callerKey()))
                    .read(Duration.ofSeconds(10));
        }
    }

    private boolean hasTheFirstKey(RecordedRequest request) {
        return request.header("authorization")
                .filter(value -> value.equals("Bearer " + laboratory.upstreamKey()))
                .isPresent();
    }
}
