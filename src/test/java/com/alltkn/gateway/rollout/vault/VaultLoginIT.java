package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.LeakOracle;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.SteadyLoad;
import com.alltkn.gateway.rollout.vault.OpenBaoServer.Call;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The packaged application when its login to Vault is no longer good, with every call that Vault
/// answered.
class VaultLoginIT {

    private static final Duration SOON = Duration.ofSeconds(15);
    private static final Call READ = new Call("read", "alltkn/metadata/prod", false);
    private static final Call REFUSED_READ = new Call("read", "alltkn/metadata/prod", true);

    private static Production production;

    @TempDir Path directory;

    @BeforeAll
    static void start() {
        production = Production.start();
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @Test
    void logsInWithTheTokenThatStandsInTheFileNow() throws IOException {
        try (var cluster = new FakeCluster()) {
            var vault = production.vault();
            vault.enableLogin("jwt");
            vault.call(
                    "POST",
                    "auth/jwt/config",
                    Map.of("jwt_validation_pubkeys", cluster.publicKey()));
            takeOnly("gateway-one");
            var file = directory.resolve("token");
            Files.writeString(file, cluster.token("alltkn", "gateway-one", "openbao"));
            try (var gateway =
                            production
                                    .quickGateway()
                                    .without("QUARKUS_VAULT_AUTHENTICATION_APP_ROLE_ROLE_ID")
                                    .without("QUARKUS_VAULT_AUTHENTICATION_APP_ROLE_SECRET_ID")
                                    .property(
                                            "quarkus.vault.authentication.kubernetes.role",
                                            "gateway")
                                    .property(
                                            "quarkus.vault.authentication.kubernetes.auth-mount-path",
                                            "jwt")
                                    .property(
                                            "quarkus.vault.authentication.kubernetes.jwt-token-path",
                                            file.toString())
                                    .property("quarkus.vault.tls.use-kubernetes-ca-cert", "false")
                                    .start()
                                    .awaitReady();
                    var load = load(gateway)) {
                takeOnly("gateway-two");
                var next = directory.resolve("next");
                Files.writeString(next, cluster.token("alltkn", "gateway-two", "openbao"));
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
                var login = new Call("update", "auth/jwt/login", false);
                var before = calls().size();

                vault.call("POST", "sys/leases/revoke-prefix/auth/jwt", Map.of());

                await().atMost(SOON).until(() -> callsSince(before).size() >= 8);
                var since = callsSince(before);
                since = since.subList(since.indexOf(REFUSED_READ), since.size());
                assertThat(since).startsWith(REFUSED_READ, login, READ);
                assertThat(since.subList(2, since.size())).containsOnly(READ);
                assertThat(load.stop().faults()).isEmpty();
            }
        }
    }

    private static List<Call> callsAfterEach(Call login, List<Call> calls) {
        return IntStream.range(1, calls.size())
                .filter(i -> calls.get(i - 1).equals(login))
                .mapToObj(calls::get)
                .toList();
    }

    private static void takeOnly(String account) {
        production
                .vault()
                .call(
                        "POST",
                        "auth/jwt/role/gateway",
                        Map.of(
                                "role_type",
                                "jwt",
                                "user_claim",
                                "sub",
                                "bound_subject",
                                "system:serviceaccount:alltkn:" + account,
                                "bound_audiences",
                                "openbao",
                                "token_policies",
                                "pod"));
    }

    private static SteadyLoad load(GatewayProcess gateway) {
        return SteadyLoad.on(
                gateway,
                20,
                VaultLoginIT::fault,
                production.post("/v1/chat/completions", "{\"model\":\"m\",\"messages\":[]}"));
    }

    private static String fault(RawResponse response) {
        return response.status() == 200 ? "" : response.statusLine() + response.bodyText();
    }

    private static List<Call> calls() {
        return production.vault().calls();
    }

    private static List<Call> callsSince(int before) {
        var all = calls();
        return all.subList(before, all.size());
    }

    /// Both start from a login of their own.
    @Nested
    class ByAppRole {

        private static final Call LOGIN = new Call("update", "auth/approle/login", false);

        private static GatewayProcess gateway;

        @BeforeAll
        static void start() {
            gateway = production.quickGateway().start().awaitReady();
            load(gateway).stop();
        }

        @AfterAll
        static void stop() {
            gateway.close();
        }

        @Test
        void logsInOnceAndReadsOnceWhenItsTokenWasRevoked() {
            logInAgainFor("1h");
            var oracle = LeakOracle.before(gateway, production.upstream());
            try (var load = load(gateway)) {
                var before = calls().size();

                revoke();

                await().atMost(SOON).until(() -> callsSince(before).size() >= 8);
                var since = callsSince(before);
                since = since.subList(since.indexOf(REFUSED_READ), since.size());
                assertThat(since).startsWith(REFUSED_READ, LOGIN, READ);
                assertThat(since.subList(2, since.size())).containsOnly(READ);
                assertThat(load.stop().faults()).isEmpty();
            }
            oracle.assertNothingIsLeft();
        }

        @Test
        void logsInOnceForEachTokenThatExpires() {
            logInAgainFor("2s");
            try (var load = load(gateway)) {
                var before = calls().size();
                var since = System.nanoTime();

                await().atMost(SOON)
                        .until(() ->
                                callsSince(before).stream().filter(LOGIN::equals).count() >= 3);

                assertThat(Duration.ofNanos(System.nanoTime() - since))
                        .isGreaterThan(Duration.ofSeconds(4));
                assertThat(callsAfterEach(LOGIN, callsSince(before))).containsOnly(READ);
                assertThat(load.stop().faults()).isEmpty();
            }
        }

        private static void logInAgainFor(String time) {
            var role = Map.of("token_policies", "pod", "token_ttl", time, "token_max_ttl", time);
            production.vault().call("POST", "auth/approle/role/gateway", role);
            var before = calls().size();
            revoke();
            await().atMost(SOON)
                    .until(() -> {
                        var since = callsSince(before);
                        return since.contains(LOGIN) && since.getLast().equals(READ);
                    });
        }

        private static void revoke() {
            production.vault().call("POST", "sys/leases/revoke-prefix/auth/approle", Map.of());
        }
    }
}
