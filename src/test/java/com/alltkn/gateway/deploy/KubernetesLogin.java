package com.alltkn.gateway.deploy;

import com.alltkn.gateway.rollout.vault.VaultSetup;
import java.nio.file.Path;
import java.util.Map;

/// Sets Vault up for the pods of a cluster, with what `deploy/vault/README.md` says where it is the
/// same in every cluster.
final class KubernetesLogin {

    private KubernetesLogin() {}

    /// @param setup of the Vault
    /// @param vaultAuthority who signed Vault's certificate
    /// @param host the address of the API server that reviews tokens
    /// @param authority who signed that one's certificate
    /// @param reviewer a file with the token to review with
    static void enable(
            VaultSetup setup, Path vaultAuthority, String host, Path authority, Path reviewer) {
        setup.runWith(
                        Map.of("VAULT_CACERT", vaultAuthority.toString()),
                        "--environments",
                        ManifestsTest.setUp("environments"),
                        "--logins",
                        "kubernetes",
                        "--kubernetes-namespace",
                        ManifestsTest.setUp("kubernetes-namespace"),
                        "--kubernetes-audience",
                        ManifestsTest.setUp("kubernetes-audience"),
                        "--kubernetes-host",
                        host,
                        "--kubernetes-ca",
                        authority.toString(),
                        "--kubernetes-reviewer-token-file",
                        reviewer.toString())
                .success();
    }
}
