package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.LeakOracle;
import com.alltkn.gateway.laboratory.NumberedKeys;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.SteadyLoad;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Several processes of the packaged application, and one Vault.
class FleetIT {

    private static final Duration SOON = Duration.ofSeconds(15);

    // A poll of four seconds and its spread of a fifth, and then a read and a prompt: less than two
    // polls can take.
    private static final Duration ONE_POLL = Duration.ofMillis(4000 + 800 + 1600);

    @Test
    void takesAChangeWithinOnePollByOnePromptOfEach() throws IOException {
        var fleet = new ArrayList<GatewayProcess>();
        var loads = new ArrayList<SteadyLoad>();
        try (var production = Production.start()) {
            var upstream = production.upstream();
            var keys = new NumberedKeys(production.upstreamKey());
            keys.accept(upstream, 1, Duration.ofMillis(50));
            keys.accept(upstream, 2, Duration.ofMillis(50));
            try {
                for (var i = 0; i < 3; i++) {
                    fleet.add(
                            production
                                    .quickGateway()
                                    .environment("GATEWAY_VAULT_POLL_INTERVAL", "4s")
                                    // A revision that was just proven needs no health prompt.
                                    .environment("GATEWAY_HEALTH_PROMPT_ENABLED", "true")
                                    .start());
                }
                fleet.forEach(GatewayProcess::awaitReady);
                assertThat(promptsWith(production, keys, 1)).isEqualTo(3);
                var oracles = fleet.stream().map(pod -> LeakOracle.before(pod, upstream)).toList();
                for (var pod : fleet) {
                    loads.add(
                            SteadyLoad.on(
                                    pod,
                                    10,
                                    NumberedKeys::fault,
                                    production.post("/v1/chat/completions", "{\"messages\":[]}"),
                                    production.post(
                                            "/v1/chat/completions",
                                            "{\"stream\":true,\"messages\":[]}")));
                }

                await().atMost(SOON)
                        .until(() -> loads.stream().allMatch(load -> isServedBy(load, "1")));

                production.write(keys.key(2), Map.of());

                await().atMost(ONE_POLL)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> numbers(fleet).allMatch(number -> number == 2));
                await().atMost(SOON)
                        .until(() -> loads.stream().allMatch(load -> isServedBy(load, "2")));
                var calls = loads.stream().map(SteadyLoad::stop).toList();
                assertThat(calls).allSatisfy(of -> assertThat(of.faults()).isEmpty());
                assertThat(promptsWith(production, keys, 2)).isEqualTo(3);
                oracles.forEach(LeakOracle::assertNothingIsLeft);
            } finally {
                loads.forEach(SteadyLoad::close);
                fleet.forEach(GatewayProcess::close);
            }
        }
    }

    private static boolean isServedBy(SteadyLoad load, String revision) {
        return load.calls().only(call -> call.revision().equals(revision)).count() >= 10;
    }

    private static long promptsWith(Production production, NumberedKeys keys, int number) {
        return production.upstream().prompts().stream()
                .filter(prompt -> keys.isIn(prompt, number))
                .count();
    }

    private static Stream<Double> numbers(List<GatewayProcess> fleet) throws IOException {
        var numbers = new ArrayList<Double>();
        for (var pod : fleet) {
            numbers.add(pod.metric("gateway_revision_number"));
        }
        return numbers.stream();
    }
}
