package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import com.alltkn.gateway.rollout.vault.VaultSetup.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the script does to an empty server, to one that it has set up and to one that somebody
/// changed, and the logins that it makes, used as the gateway uses them.
class VaultSetupTest {

    private static final Map<String, Object> FIELDS =
            Map.of("ALLTKN_API_KEY", "test-key-" + UUID.randomUUID());

    @TempDir private Path directory;

    private OpenBaoServer server;
    private VaultSetup setup;

    @BeforeEach
    void startServer() {
        server = OpenBaoServer.inMemory();
        server.call("DELETE", "sys/mounts/" + OpenBaoServer.MOUNT, null);
        setup = new VaultSetup(server.url(), server.rootToken(), directory, "bao");
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void setsAnEmptyServerUpAndThenChangesNothing() {
        var first = setup.run().success();
        var second = setup.run().success();

        assertThat(steps(first))
                .containsExactly(
                        "engine   alltkn/: created (KV, version 2)",
                        "policy   alltkn-pod-test: created",
                        "policy   alltkn-operator-test: created",
                        "policy   alltkn-pod-staging: created",
                        "policy   alltkn-operator-staging: created",
                        "policy   alltkn-pod-prod: created",
                        "policy   alltkn-operator-prod: created",
                        "login    approle/: created",
                        "role     auth/approle/role/alltkn-pod-test: created",
                        "role     auth/approle/role/alltkn-pod-staging: created",
                        "role     auth/approle/role/alltkn-pod-prod: created");
        assertThat(first).contains("\nChanged: 11.\n");
        assertThat(steps(second)).hasSize(11).allMatch(step -> step.endsWith(": unchanged"));
        assertThat(second).contains("\nNothing had to be changed.\n");
    }

    @Test
    void changesNothingInASecondRunWithBothLogins() throws IOException {
        try (var cluster = new FakeCluster()) {
            var reviewer = cluster.token("vault", "reviewer", "cluster");
            var options = kubernetesOptions(cluster, reviewer);

            var first = setup.run(options);
            var second = setup.run(options);

            first.success();
            assertThat(second.success()).contains("\nNothing had to be changed.\n");
            assertThat(steps(second.out()))
                    .contains("cluster  auth/kubernetes/config: unchanged")
                    .allMatch(step -> step.endsWith(": unchanged"));
            assertThat(first.out() + first.err() + second.out() + second.err())
                    .doesNotContain(reviewer)
                    .doesNotContain(server.rootToken());
        }
    }

    @Test
    void keepsTheReviewersTokenUnlessItIsToBeReplaced() throws IOException {
        try (var cluster = new FakeCluster()) {
            var reviewer = cluster.token("vault", "reviewer", "cluster");
            var options = kubernetesOptions(cluster, reviewer);
            setup.run(options).success();

            var moved =
                    setup.run(
                            "--environments", "prod",
                            "--logins", "kubernetes",
                            "--kubernetes-audience", "vault",
                            "--kubernetes-namespace", "alltkn-{environment}",
                            "--kubernetes-host", "https://elsewhere.example",
                            "--kubernetes-ca", directory.resolve("ca.pem").toString());
            var replaced = setup.run(with(options, "--kubernetes-replace-reviewer-token"));

            assertThat(moved)
                    .isEqualTo(
                            new Outcome(
                                    1,
                                    moved.out(),
                                    "setup.sh: auth/kubernetes/config differs, and a change would"
                                            + " drop its reviewer token: give that again with"
                                            + " --kubernetes-reviewer-token-file\n"));
            assertThat(replaced.success()).contains("\nChanged: 1.\n");
        }
    }

    @Test
    void setsRightWhatSomebodyChangedAndNamesIt() {
        setup.run().success();
        server.policy("alltkn-pod-test", "path \"*\" { capabilities = [\"read\", \"list\"] }");
        server.call(
                "POST",
                "auth/approle/role/alltkn-pod-prod",
                Map.of("token_policies", "alltkn-pod-prod,alltkn-operator-prod"));
        server.call(
                "POST",
                "auth/approle/role/alltkn-pod-staging",
                Map.of("bind_secret_id", false, "secret_id_bound_cidrs", "127.0.0.0/8"));

        var repaired = setup.run().success();
        var again = setup.run().success();

        assertThat(steps(repaired))
                .filteredOn(step -> !step.endsWith(": unchanged"))
                .containsExactly(
                        "policy   alltkn-pod-test: changed",
                        "role     auth/approle/role/alltkn-pod-staging: changed",
                        "role     auth/approle/role/alltkn-pod-prod: changed");
        assertThat(again).contains("\nNothing had to be changed.\n");
    }

    @Test
    void letsAnEnvironmentThatIsAddedLaterBeAskedForItsKeys() {
        setup.run("--environments", "prod", "--logins", "none").success();

        var out = setup.run("--environments", "prod eu-1", "--logins", "none").success();

        assertThat(steps(out))
                .containsExactly(
                        "engine   alltkn/: unchanged",
                        "policy   alltkn-pod-prod: changed",
                        "policy   alltkn-operator-prod: changed",
                        "policy   alltkn-pod-eu-1: created",
                        "policy   alltkn-operator-eu-1: created");
        assertThat(server.call("GET", "sys/policies/acl/alltkn-pod-prod", null).toString())
                .contains("alltkn/data/registry/eu-1/+");
    }

    @Test
    void takesAnotherMountAndVaultFromPath() throws IOException {
        var elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        var asVault = new VaultSetup(server.url(), server.rootToken(), elsewhere, "vault");

        var out =
                asVault.runWith(
                                Map.of("VAULT_CLI", ""),
                                "--mount",
                                "team-a",
                                "--environments",
                                "prod",
                                "--logins",
                                "none")
                        .success();

        assertThat(steps(out))
                .containsExactly(
                        "engine   team-a/: created (KV, version 2)",
                        "policy   team-a-pod-prod: created",
                        "policy   team-a-operator-prod: created");
        assertThat(out).contains("| vault kv put -mount=team-a E ALLTKN_API_KEY=-");
    }

    @Test
    void makesAnAppRoleThatTheGatewayReadsWith() throws InterruptedException {
        var next = setup.run("--environments", "prod").success();
        server.write("prod", FIELDS);
        var role = printed(next, "bao read .*").replace("pod-E", "pod-prod");
        var secret = printed(next, "bao write .*").replace("pod-E", "pod-prod");

        var roleId = setup.shell(server.rootToken(), role, "").success().strip();
        var wrapped = setup.shell(server.rootToken(), secret, "").success().strip();
        var secretId = setup.shell(wrapped, "bao unwrap -field=secret_id", "").success().strip();
        try (var clients = new ConfiguredVaultClient();
                var log = new LogTap()) {
            var source =
                    VaultLoginTest.source(
                            clients,
                            server,
                            "prod",
                            Map.of(
                                    "authentication.app-role.role-id", roleId,
                                    "authentication.app-role.secret-id", secretId));
            assertThat(source.read()).isEqualTo(new Found(1, FIELDS));
            assertThat(source.read()).isEqualTo(new Unchanged());
            // A lease within the client's grace period would be renewed at every call.
            assertThat(log.lines()).noneMatch(line -> line.contains("renew grace period"));
        }
        var login =
                server.call(
                        "POST",
                        "auth/approle/login",
                        Map.of("role_id", roleId, "secret_id", secretId));
        assertThat(login.at("/auth/lease_duration").asInt()).isEqualTo(1200);
        assertThat(login.at("/auth/renewable").asBoolean()).isTrue();
        assertThat(login.at("/auth/policies").toString()).isEqualTo("[\"alltkn-pod-prod\"]");
    }

    @Test
    void saysWhyVaultRefused() {
        server.call("POST", "sys/mounts/old", Map.of("type", "kv", "options", Map.of()));
        var stranger = server.token("default");

        var forbidden = setup.runWith(Map.of("VAULT_TOKEN", stranger));
        var older = setup.run("--mount", "old");
        server.seal();
        var sealed = setup.run();
        server.stop();
        var gone = setup.run();

        assertThat(forbidden.status()).isEqualTo(1);
        assertThat(forbidden.err())
                .startsWith("setup.sh: cannot list the secret engines")
                .contains("permission denied")
                .doesNotContain(stranger);
        assertThat(older)
                .isEqualTo(
                        new Outcome(
                                1,
                                "",
                                "setup.sh: old/ is there, but is no KV engine of version 2: choose"
                                        + " another path with --mount\n"));
        assertThat(sealed.err()).contains("Vault is sealed");
        assertThat(gone.err()).contains("connection refused");
    }

    private String[] kubernetesOptions(FakeCluster cluster, String reviewer) throws IOException {
        var authority = Files.writeString(directory.resolve("ca.pem"), cluster.authority());
        var token = Files.writeString(directory.resolve("reviewer"), reviewer);
        return new String[] {
            "--environments", "prod",
            "--logins", "approle kubernetes",
            "--kubernetes-audience", "vault",
            "--kubernetes-namespace", "alltkn-{environment}",
            "--kubernetes-host", cluster.url().toString(),
            "--kubernetes-ca", authority.toString(),
            "--kubernetes-reviewer-token-file", token.toString(),
        };
    }

    private static String[] with(String[] options, String further) {
        var all = new ArrayList<>(List.of(options));
        all.add(further);
        return all.toArray(String[]::new);
    }

    private static List<String> steps(String out) {
        return out.lines().takeWhile(line -> !line.isEmpty()).toList();
    }

    /// The command that is printed for the next step.
    private static String printed(String out, String shape) {
        return out.lines()
                .map(String::strip)
                .filter(line -> line.matches(shape))
                .findFirst()
                .orElseThrow();
    }
}
