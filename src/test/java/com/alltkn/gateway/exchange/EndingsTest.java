package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Every way in which an exchange can end, all at once: each leaves one record, and nothing else.
@QuarkusTest
class EndingsTest extends ExchangeTest {

    private static final int ROUNDS = 5;

    /// What upstream does, by the model asked for, and the record of it.
    private static final Map<String, Script> SCRIPTS =
            Map.ofEntries(
                    Map.entry("whole", Script.json(200, "{}")),
                    Map.entry("refused", Script.json(400, "{\"error\":{}}")),
                    Map.entry("failed", Script.json(500, "{}")),
                    Map.entry("page", Script.json(200, "<html>")),
                    Map.entry("closed", Script.nothing().close()),
                    Map.entry("reset", Script.nothing().reset()),
                    Map.entry("cut", Script.contentLength(10, "{")),
                    Map.entry("silent", Script.silence()),
                    Map.entry("stream", Script.sse(HELLO, USAGE, DONE)),
                    Map.entry("stream-cut", Script.sseHead().chunk(HELLO).cut()),
                    Map.entry("stream-unfinished", Script.sse(HELLO)),
                    Map.entry("stream-unchunked", Script.sseHead().chunks(HELLO, DONE).cut()),
                    Map.entry("stream-stalled", Script.stallAfter(HELLO)),
                    Map.entry("stream-left", Script.stallAfter(HELLO)));

    private static final Map<String, String> RECORDS =
            Map.ofEntries(
                    Map.entry("whole", "200 answered"),
                    Map.entry("refused", "400 refused upstream_refused status"),
                    Map.entry("failed", "502 failed upstream_failed status"),
                    Map.entry("page", "502 failed upstream_invalid_answer first_byte"),
                    Map.entry("closed", "502 failed upstream_unreachable closed_before_answer"),
                    Map.entry("reset", "502 failed upstream_unreachable closed_before_answer"),
                    Map.entry("cut", "502 failed upstream_interrupted cut"),
                    Map.entry("silent", "504 timed_out upstream_timeout timeout_total"),
                    Map.entry("stream", "200 answered"),
                    Map.entry("stream-cut", "200 failed upstream_interrupted cut"),
                    Map.entry("stream-unfinished", "200 failed upstream_interrupted cut"),
                    Map.entry("stream-unchunked", "200 failed upstream_interrupted cut"),
                    Map.entry("stream-stalled", "200 timed_out upstream_timeout timeout_idle"),
                    Map.entry("stream-left", "200 caller_gone caller_gone"));

    @Test
    void leavesOneWholeRecordForEachRequestHoweverItEnds()
            throws ExecutionException, InterruptedException {
        SCRIPTS.forEach((model, script) -> laboratory.upstream().on(asksFor(model), script));
        var work = new ArrayList<Callable<Void>>();
        for (int i = 0; i < ROUNDS; i++) {
            SCRIPTS.keySet().forEach(model -> work.add(() -> exchange(model)));
        }
        Collections.shuffle(work);

        try (var threads = Executors.newFixedThreadPool(16)) {
            for (var done : threads.invokeAll(work)) {
                done.get();
            }
        }

        var byModel =
                records.await(work.size()).stream()
                        .collect(
                                Collectors.groupingBy(
                                        record -> record.path("model").asText(),
                                        Collectors.mapping(
                                                ExchangeTest::summary, Collectors.toList())));
        RECORDS.forEach((model, summary) ->
                assertThat(byModel.get(model))
                        .as(model)
                        .isEqualTo(Collections.nCopies(ROUNDS, summary)));
        assertThat(byModel).hasSameSizeAs(RECORDS);
        assertThat(records.lines()).doesNotHaveDuplicates().noneMatch(line -> line.contains("\n"));
    }

    @Test
    void leavesOneRecordForEachRequestThatNeverGetsUpstream() throws IOException {
        send(RawHttp.post("/v1/chat/completions", CHAT));
        send(request("GET", "/v1/nothing", ""));
        send(request("DELETE", "/v1/chat/completions", ""));
        send(request("GET", "/v1/files", ""));
        send(post("/v1/chat/completions", "{\"model\":"));
        send(post("/v1/chat/completions", CHAT, "content-encoding: gzip"));

        assertThat(records.await(6).stream().map(ExchangeTest::summary))
                .containsExactlyInAnyOrder(
                        "401 refused invalid_api_key invalid_api_key",
                        "404 refused unknown_url unknown_url",
                        "405 refused method_not_allowed method_not_allowed",
                        "403 refused path_not_allowed path_not_allowed",
                        "400 refused invalid_request invalid_request",
                        "415 refused unsupported_media_type unsupported_media_type");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    private Void exchange(String model) throws IOException {
        var body =
                "{\"model\":\"%s\",\"stream\":%b,\"messages\":[]}"
                        .formatted(model, model.startsWith("stream"));
        try (var connection = connect().send(post("/v1/chat/completions", body))) {
            if (model.equals("stream-left")) {
                connection.readUntil("}\n\n\r\n", SOON);
            } else {
                connection.read(SOON);
            }
        }
        return null;
    }

    private static Predicate<RecordedRequest> asksFor(String model) {
        return request -> request.bodyText().contains("\"model\":\"" + model + "\"");
    }
}
