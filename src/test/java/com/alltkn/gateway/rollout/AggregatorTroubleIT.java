package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.NumberedKeys;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The packaged application while an aggregator refuses good keys for reasons of its own.
class AggregatorTroubleIT {

    private static final Duration SOON = Duration.ofSeconds(15);

    /// What is refused for now is asked about every 25 s.
    private static final Duration ASKED_AGAIN = Duration.ofSeconds(32);

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
    void servesOnceTheModelOfAColdPodIsBackAndTakesWhatWasWrittenDuringTheNextOutage()
            throws IOException {
        upstream.on(
                request -> request.method().equals("GET"),
                Script.json(200, "{\"data\":[{\"id\":\"deepseek-chat\"},{\"id\":\"model-b\"}]}"));
        upstream.onPrompt(
                request -> request.bodyText().contains("deepseek-chat"),
                Script.json(
                        401,
                        "{\"error\":{\"message\":\"channel refuses "
                                + production.upstreamKey()
                                + "\",\"code\":\"invalid_api_key\"}}"));
        try (var gateway = launch()) {
            awaitAlarm(gateway, "upstream_auth_trouble");
            var page = gateway.management("/q/health/ready");
            assertThat(page.status()).isEqualTo(503);
            assertThat(page.bodyText())
                    .contains("starting", "401 invalid_api_key: channel refuses ***", "model-b")
                    .doesNotContain(production.upstreamKey());

            production.upstream().forget();

            await("the model is back")
                    .atMost(ASKED_AGAIN)
                    .until(() -> gateway.probe("ready") == 200);
            assertThat(gateway.metric("gateway_revision_number")).isOne();
            assertThat(gateway.metric("gateway_revision_rejections_total")).isZero();

            upstream.answerPrompts(Script.json(403, "<html>firewall</html>"));
            production.write(keys.key(2), Map.of());
            awaitAlarm(gateway, "upstream_auth_trouble");
            assertThat(gateway.metric("gateway_revision_number")).isOne();
            assertThat(gateway.probe("ready")).isEqualTo(200);

            upstream.forget();
            production.write(keys.key(2), Map.of());

            awaitRevision(gateway, 3);
            assertThat(gateway.metric("gateway_revision_rejections_total")).isZero();
        }
    }

    @Test
    void isProvenByTheSameKeyWrittenAnewOnceThereIsMoneyAgain() throws IOException {
        upstream.answerPrompts(
                Script.json(
                        403,
                        "{\"error\":{\"message\":\"user quota is not enough\","
                                + "\"code\":\"insufficient_user_quota\"}}"));
        try (var gateway = launch()) {
            awaitAlarm(gateway, "upstream_quota_exhausted");
            assertThat(gateway.metric("gateway_revision_stage", "stage=\"settled\"")).isZero();

            upstream.forget();
            production.write(production.upstreamKey(), Map.of());

            await("proven")
                    .atMost(SOON)
                    .until(() ->
                            gateway.metric("gateway_revision_stage", "stage=\"settled\"") == 1);
            assertThat(gateway.metric("gateway_revision_rejections_total")).isZero();
            assertThat(gateway.probe("ready")).isEqualTo(200);
            asksNobodyToRotateForOneModel(gateway);
        }
    }

    private static void asksNobodyToRotateForOneModel(GatewayProcess gateway) throws IOException {
        upstream.on(
                request -> request.bodyText().contains("model-x"),
                Script.json(401, "{\"error\":{\"message\":\"no\",\"code\":\"invalid_api_key\"}}"));
        for (var i = 0; i < 150; i++) {
            assertThat(gateway.send(production.post(Production.PATH, Production.CHAT)).status())
                    .isEqualTo(200);
            if (i % 10 == 0) {
                var refused =
                        gateway.send(
                                production.post(
                                        Production.PATH,
                                        "{\"model\":\"model-x\",\"messages\":[]}"));
                assertThat(refused.status()).isEqualTo(502);
            }
        }

        awaitAlarm(gateway, "upstream_auth_trouble");
        assertThat(gateway.metric("gateway_revision_alarm", "reason=\"active_refused\"")).isZero();
        assertThat(gateway.management("/q/health/ready").bodyText())
                .contains("only model-x is refused");
    }

    private static GatewayProcess launch() {
        return production.quickGateway().environment("GATEWAY_ROLLOUT_PROBATION", "0s").start();
    }

    private static void awaitAlarm(GatewayProcess gateway, String reason) {
        await(reason)
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .until(() ->
                        gateway.metric("gateway_revision_alarm", "reason=\"" + reason + "\"") == 1);
    }

    private static void awaitRevision(GatewayProcess gateway, int number) {
        await("revision " + number)
                .atMost(SOON)
                .until(() -> gateway.metric("gateway_revision_number") == number);
    }
}
