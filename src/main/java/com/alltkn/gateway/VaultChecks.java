package com.alltkn.gateway;

import java.util.Locale;

/// That Vault can be reached, is logged in to, and keeps what it holds to itself.
final class VaultChecks {

    private final Start start;

    VaultChecks(Start start) {
        this.start = start;
    }

    void check() {
        if (!start.value("gateway.source").equals("vault")) {
            return;
        }
        if (start.isMissing("quarkus.vault.url")) {
            start.refuse("quarkus.vault.url is missing, which gateway.source=vault needs");
        } else if (!start.value("quarkus.vault.url")
                .toLowerCase(Locale.ROOT)
                .startsWith("https:")) {
            start.refuse("quarkus.vault.url must begin with https:// in " + start.profile());
        }
        if (!hasLogin()) {
            start.refuse(
                    "quarkus.vault.authentication has no complete login, which"
                            + " gateway.source=vault needs: client-token, app-role,"
                            + " kubernetes.role or userpass");
        }
        if (start.value("quarkus.vault.log-confidentiality-level").equalsIgnoreCase("low")) {
            start.refuse(
                    "quarkus.vault.log-confidentiality-level must not be low in "
                            + start.profile());
        }
        if (start.isSet("quarkus.vault.secret-config-kv-path")) {
            start.refuse(
                    "quarkus.vault.secret-config-kv-path must not be set: one failed refresh"
                            + " would take every setting away");
        }
    }

    private boolean hasLogin() {
        var login = "quarkus.vault.authentication.";
        return start.isSet(login + "client-token")
                || start.isSet(login + "client-token-wrapping-token")
                || start.isSet(login + "kubernetes.role")
                || (start.isSet(login + "app-role.role-id")
                        && (start.isSet(login + "app-role.secret-id")
                                || start.isSet(login + "app-role.secret-id-wrapping-token")))
                || (start.isSet(login + "userpass.username")
                        && (start.isSet(login + "userpass.password")
                                || start.isSet(login + "userpass.password-wrapping-token")));
    }
}
