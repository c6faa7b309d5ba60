package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.LeakOracle;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.laboratory.SteadyLoad;
import com.alltkn.gateway.laboratory.Toxic;
import com.alltkn.gateway.laboratory.ToxicProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The packaged application while everything that can happen to Vault happens to it.
class VaultOutageIT {

    private static final Duration SOON = Duration.ofSeconds(15);
    private static final int PER_SECOND = 40;

    private static Production production;
    private static ToxicProxy proxy;
    private static GatewayProcess gateway;

    private LeakOracle oracle;

    @BeforeAll
    static void start() {
        production = Production.start();
        proxy = ToxicProxy.before(production.vault().url().getPort());
        production.upstream().answer(Script.json(200, ScriptedUpstream.COMPLETION));
        gateway = production.quickGateway(proxy).start().awaitReady();
        load().stop();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        proxy.close();
        production.close();
    }

    @BeforeEach
    void look() {
        oracle = LeakOracle.before(gateway, production.upstream());
    }

    @AfterEach
    void lookAgain() {
        oracle.assertNothingIsLeft();
        production.upstream().forget();
    }

    @Test
    void answersEveryRequestWhateverHappensToVault() throws IOException {
        try (var standby = ScriptedUpstream.start(production.certificates().serverContext());
                var load = load()) {
            proxy.takeMostOpen();
            for (var trouble : troubles(standby)) {
                var before = failures(trouble.reason);
                var recoveries = recoveries();
                var promotions = gateway.metric("gateway_revision_promotions_total");

                trouble.begin.run();

                await(trouble.name + " is told as " + trouble.reason)
                        .atMost(SOON)
                        .until(() -> failures(trouble.reason) >= before + 2);
                assertThat(gateway.probe("ready")).as(trouble.name).isEqualTo(200);
                trouble.end.run();
                await("the end of " + trouble.name)
                        .atMost(SOON)
                        .until(() -> recoveries() > recoveries);
                assertThat(proxy.takeMostOpen())
                        .as(trouble.name)
                        .isLessThanOrEqualTo(trouble.mostConnections());
                assertThat(gateway.metric("gateway_revision_promotions_total"))
                        .as(trouble.name)
                        .isEqualTo(promotions);
            }
            var calls = load.stop();

            assertThat(calls.faults()).isEmpty();
            assertThat(calls.count()).isGreaterThan(10 * PER_SECOND);
        }
    }

    @Test
    void keepsTheRevisionThatWasDeletedDestroyedOrForgotten() throws IOException {
        var vault = production.vault();
        var promotions = gateway.metric("gateway_revision_promotions_total");
        try (var load = load()) {
            var recoveries = recoveries();
            vault.delete(Production.ENVIRONMENT);
            awaitError("deleted");
            vault.undelete(Production.ENVIRONMENT, revision());
            await().atMost(SOON).until(() -> recoveries() == recoveries + 1);

            vault.destroy(Production.ENVIRONMENT, revision());
            awaitError("destroyed");
            var next = revision() + 1;
            production.write(production.upstreamKey(), Map.of());
            await().atMost(SOON).until(() -> revision() == next);

            vault.deleteMetadata(Production.ENVIRONMENT);
            awaitError("absent");
            assertThat(revision()).isEqualTo(next);
            production.write(production.upstreamKey(), Map.of());
            await().atMost(SOON).until(() -> revision() == 1);
            var calls = load.stop();

            assertThat(calls.faults()).isEmpty();
            assertThat(calls.count()).isPositive();
            assertThat(gateway.metric("gateway_revision_promotions_total")).isEqualTo(promotions);
            assertThat(production.upstream().requests())
                    .allSatisfy(request ->
                            assertThat(request.header("authorization"))
                                    .contains("Bearer " + production.upstreamKey()));
        }
    }

    @Test
    void asksAVaultThatIsDownAtMostThirtyTimesAMinuteWhileStarting() {
        try (var down = ToxicProxy.before(production.vault().url().getPort())) {
            down.toServer(new Toxic.ResetAfter(0));
            try (var starting =
                    production
                            .quickGateway(down)
                            .environment("GATEWAY_VAULT_POLL_INTERVAL", "30s")
                            .start()
                            .await("started")) {
                await().atMost(SOON).until(() -> down.accepted() >= 1);
                var window = Duration.ofSeconds(10);
                var before = down.accepted();

                await().during(window)
                        .atMost(window.plusSeconds(1))
                        .until(() ->
                                starting.isAlive()
                                        && starting.probe("live") == 200
                                        && starting.probe("started") == 200
                                        && starting.probe("ready") == 503);

                // Thirty a minute are one every two seconds.
                assertThat(down.accepted() - before).isBetween(1, 1 + (int) window.toSeconds() / 2);
                assertThat(down.takeMostOpen()).isOne();
                down.heal();
                await().atMost(Duration.ofSeconds(5)).until(() -> starting.probe("ready") == 200);
            }
        }
    }

    private static List<Trouble> troubles(ScriptedUpstream standby) {
        var vault = production.vault();
        Runnable heal =
                () -> {
                    proxy.heal();
                    proxy.dropConnections();
                };
        Runnable back =
                () -> {
                    proxy.target(vault.url().getPort());
                    proxy.dropConnections();
                };
        return List.of(
                new Trouble("a closed port", "unreachable", proxy::refuse, heal),
                new Trouble(
                        "resets",
                        "unreachable",
                        () -> proxy.toServer(new Toxic.ResetAfter(0)),
                        heal),
                new Trouble(
                        "silence", "timeout", () -> proxy.toClient(new Toxic.BlackHole()), heal),
                new Trouble(
                        "requests that get lost",
                        "timeout",
                        () -> proxy.toServer(new Toxic.BlackHole()),
                        heal),
                new Trouble(
                        "slowness",
                        "timeout",
                        () -> proxy.toClient(new Toxic.Latency(Duration.ofSeconds(2))),
                        heal),
                new Trouble(
                        "an answer that drips",
                        "timeout",
                        () -> proxy.toClient(new Toxic.Drip(10, Duration.ofMillis(50))),
                        heal),
                new Trouble(
                        "answers cut short",
                        "unreachable",
                        () -> {
                            proxy.toClient(new Toxic.CutAfter(100));
                            proxy.dropConnections();
                        },
                        heal),
                new Trouble(
                        "what is no TLS",
                        "tls_failed",
                        () -> {
                            proxy.toClient(Toxic.rubbish());
                            proxy.dropConnections();
                        },
                        heal),
                new Trouble(
                        "a standby without a leader",
                        "failing",
                        () -> {
                            standby.answer(
                                    Script.json(
                                            500,
                                            "{\"errors\":[\"local node not active but active"
                                                    + " cluster node not found\"]}"));
                            proxy.target(standby.port());
                            proxy.dropConnections();
                        },
                        back),
                new Trouble(
                        "a page of a proxy",
                        "rubbish",
                        () -> {
                            standby.answer(Script.json(200, "<html>It works!</html>"));
                            proxy.target(standby.port());
                            proxy.dropConnections();
                        },
                        back),
                new Trouble("a seal", "sealed", vault::seal, vault::unseal),
                new Trouble(
                        "a policy without the path",
                        "denied",
                        () -> vault.podPolicy("pod", "elsewhere"),
                        () -> vault.podPolicy("pod", Production.ENVIRONMENT)));
    }

    private static SteadyLoad load() {
        var body = "{\"model\":\"m\",\"messages\":[]}";
        return SteadyLoad.on(
                gateway,
                PER_SECOND,
                VaultOutageIT::fault,
                production.post("/v1/chat/completions", body));
    }

    private static String fault(RawResponse response) {
        return response.status() == 200 && response.bodyText().equals(ScriptedUpstream.COMPLETION)
                ? ""
                : response.statusLine() + " " + response.bodyText();
    }

    private static void awaitError(String reason) {
        var line = Pattern.compile("ERROR .*source unavailable source=vault reason=" + reason);
        await(reason)
                .atMost(SOON)
                .until(() -> failures(reason) > 0 && line.matcher(gateway.stderr()).find());
    }

    private static double failures(String reason) {
        try {
            return gateway.metric("gateway_source_failures_total", "reason=\"" + reason + "\"");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long recoveries() {
        return gateway.stderr().lines().filter(l -> l.contains("source available")).count();
    }

    private static int revision() throws IOException {
        return (int) gateway.metric("gateway_revision_number");
    }

    /// Something that happens to Vault.
    ///
    /// @param reason what the meter calls it
    private record Trouble(String name, String reason, Runnable begin, Runnable end) {

        /// One, for there is one read at a time. Only where TLS itself gets no answer, the client
        /// gives a connection up after ten seconds, long after the read it was for; it has five at
        /// most.
        int mostConnections() {
            return reason.equals("timeout") ? 5 : 1;
        }
    }
}
