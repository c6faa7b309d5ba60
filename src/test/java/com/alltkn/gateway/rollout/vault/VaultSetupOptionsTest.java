package com.alltkn.gateway.rollout.vault;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.vault.VaultSetup.Outcome;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the script refuses before it calls a Vault: here is none that it could reach.
class VaultSetupOptionsTest {

    @TempDir private Path directory;

    private VaultSetup setup;

    @BeforeEach
    void prepare() {
        setup = new VaultSetup(URI.create("http://127.0.0.1:1"), "none", directory, "bao");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--logins kubernetes --kubernetes-namespace n-{environment}"
                        + " | --kubernetes-audience is missing: without it a token that was made"
                        + " for any other service logs in",
                "--logins kubernetes --kubernetes-audience vault"
                        + " | --kubernetes-namespace is missing: where do the pods run?",
                "--logins kubernetes --kubernetes-audience vault --kubernetes-namespace *"
                        + " | --kubernetes-namespace: \"*\" is not one namespace (no list, no *)",
                "--logins kubernetes --kubernetes-audience vault --kubernetes-namespace n,m"
                        + " | --kubernetes-namespace: \"n,m\" is not one namespace (no list, no *)",
                "--logins kubernetes --kubernetes-audience vault --kubernetes-namespace"
                        + " n-{environment} --kubernetes-service-account *"
                        + " | --kubernetes-service-account: \"*\" is not one account (no list,"
                        + " no *)",
                "--logins kubernetes --kubernetes-audience vault --kubernetes-namespace n"
                        + " | n/alltkn-gateway would be the account of two environments, and a pod"
                        + " of one could log in as the other: put {environment} into the namespace"
                        + " or the account, or name one of them in --login-environments",
                "--logins kubernetes --kubernetes-audience vault --kubernetes-namespace"
                        + " n-{environment} --kubernetes-ca /no/such.pem"
                        + " | cannot read the file /no/such.pem",
                "--logins ldap"
                        + " | there is no login ldap; --logins takes approle, kubernetes or none",
                "--environments Prod"
                        + " | an environment's name is of a-z, 0-9 and -, \"Prod\" is not",
                "--environments registry"
                        + " | no environment can be called registry: the key registry has that"
                        + " path",
                "--login-environments qa"
                        + " | --login-environments names qa, --environments does not",
                "--mount a/b | --mount: \"a/b\" is not one segment of a-z, 0-9, - and _",
                "--mount | --mount needs a value",
                "--mouth a | there is no option --mouth; see --help",
                "prod"
                        + " | what is \"prod\"? Options begin with --, and lists are quoted; see"
                        + " --help",
            })
    void refusesWhatIsAskedWrongly(String options, String sentence) {
        var outcome = setup.run(options.split(" "));

        assertThat(outcome).isEqualTo(new Outcome(2, "", "setup.sh: " + sentence + "\n"));
    }

    @Test
    void saysWhatIsMissingOnTheMachine() {
        var without = setup.runWith(Map.of("VAULT_CLI", "", "PATH", directory.toString()));
        var wrong = setup.runWith(Map.of("VAULT_CLI", "no-such-vault"));

        assertThat(without)
                .isEqualTo(
                        new Outcome(
                                2,
                                "",
                                "setup.sh: neither vault nor bao is on PATH; VAULT_CLI may name"
                                        + " one\n"));
        assertThat(wrong)
                .isEqualTo(
                        new Outcome(
                                2,
                                "",
                                "setup.sh: VAULT_CLI names no-such-vault, which cannot be run\n"));
    }

    @Test
    void explainsItself() {
        var help = setup.run("--help").success();

        assertThat(help)
                .startsWith("Sets Vault or OpenBao up for the gateway")
                .contains("--kubernetes-audience NAME")
                .doesNotContain("set -eu");
    }
}
