package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.rollout.Revisions;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Answers to the small prompt that no honest server gives. Whatever comes, the one who asks is
/// told something soon, for nothing else goes on meanwhile.
@QuarkusTest
class OddAnswersTest extends GatewayTest {

    private static final Duration SOON = Duration.ofSeconds(8);
    private static final String JSON = "content-type: application/json";

    @Inject Prober prober;

    @Inject Revisions revisions;

    @AfterEach
    void answerWell() {
        laboratory.upstream().answerPrompts(Script.json(200, ScriptedUpstream.COMPLETION));
    }

    @ParameterizedTest
    @MethodSource
    void haveTheirMeaningInTime(Script script, PromptOutcome outcome) {
        var settings = revisions.active().orElseThrow().settings();
        laboratory.upstream().answerPrompts(script);

        var judged = assertTimeoutPreemptively(SOON, () -> prober.ask(settings, "a-model"));

        assertThat(judged.outcome()).isEqualTo(outcome);
        Awaitility.await().until(() -> laboratory.upstream().busyConnections() == 0);
    }

    static Stream<Arguments> haveTheirMeaningInTime() {
        return Stream.of(
                Arguments.of(Script.head(204, "x-a: b"), PromptOutcome.INVALID_ANSWER),
                Arguments.of(
                        Script.head(200, JSON, "content-length: 0"), PromptOutcome.INVALID_ANSWER),
                Arguments.of(
                        Script.head(401, "content-type: ///;;=", "content-length: 2").send("{}"),
                        PromptOutcome.REFUSED),
                Arguments.of(
                        Script.head(401, JSON + "; charset=nope", "content-length: 2").send("{}"),
                        PromptOutcome.REFUSED),
                Arguments.of(
                        Script.redirect(302, "http://127.0.0.1:1/"), PromptOutcome.UPSTREAM_FAILED),
                Arguments.of(
                        Script.raw("rubbish\r\n\r\n".getBytes(StandardCharsets.UTF_8)),
                        PromptOutcome.UPSTREAM_FAILED),
                Arguments.of(Script.json(401, "[".repeat(30_000)), PromptOutcome.TURNED_AWAY),
                Arguments.of(
                        Script.json(200, "{\"a\":".repeat(100_000)), PromptOutcome.INVALID_ANSWER),
                Arguments.of(
                        Script.json(200, "{\"error\":{\"code\":" + "9".repeat(900) + "}}"),
                        PromptOutcome.UPSTREAM_FAILED),
                Arguments.of(
                        Script.json(
                                401, "{\"error\":{\"message\":\"" + " ".repeat(60_000) + "\"}}"),
                        PromptOutcome.REFUSED),
                Arguments.of(Script.contentLength(1000, "{"), PromptOutcome.UNREACHABLE),
                Arguments.of(Script.endless("a".repeat(65_536)), PromptOutcome.INVALID_ANSWER),
                Arguments.of(Script.stallAfter("{"), PromptOutcome.TIMED_OUT),
                Arguments.of(
                        Script.json(200, ScriptedUpstream.COMPLETION)
                                .byteByByte()
                                .paced(Duration.ofMillis(40)),
                        PromptOutcome.TIMED_OUT));
    }
}
