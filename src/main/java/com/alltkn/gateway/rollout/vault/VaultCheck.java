package com.alltkn.gateway.rollout.vault;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import java.util.Locale;

/// That Vault can be reached, is logged in to, and keeps what it holds to itself.
public final class VaultCheck implements StartCheck {

    private static final String VAULT = "quarkus.vault.";
    private static final String LOGIN = VAULT + "authentication";

    @Override
    public void look(Start start) {
        if (!start.refusesDangerousSettings() || !start.value("gateway.source").equals("vault")) {
            return;
        }
        address(start);
        if (!hasLogin(start)) {
            start.refuse(
                    LOGIN,
                    "has no complete login, which gateway.source=vault needs: client-token,"
                            + " app-role, kubernetes.role or userpass",
                    "set all that one of them needs");
        }
        if (start.value(VAULT + "log-confidentiality-level").equalsIgnoreCase("low")) {
            start.refuse(
                    VAULT + "log-confidentiality-level",
                    "must not be low in " + start.profile(),
                    "leave it out");
        }
        if (start.isSet(VAULT + "secret-config-kv-path")) {
            start.refuse(
                    VAULT + "secret-config-kv-path",
                    "must not be set: one failed refresh would take every setting away",
                    "leave it out: the gateway reads Vault by itself");
        }
    }

    private static void address(Start start) {
        var name = VAULT + "url";
        if (start.isMissing(name)) {
            start.refuse(
                    name,
                    "is missing, which gateway.source=vault needs",
                    "set it to Vault's address");
        } else if (!start.value(name).toLowerCase(Locale.ROOT).startsWith("https:")) {
            start.refuse(
                    name,
                    "must begin with https:// in " + start.profile(),
                    "set it to the address that Vault has with TLS");
        }
    }

    private static boolean hasLogin(Start start) {
        var login = LOGIN + ".";
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
