package com.alltkn.gateway;

import com.alltkn.gateway.rollout.Strictness;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.regex.Pattern;

/// Who may call, and from where: the development caller, and the way to the keys of a token issuer.
final class CallerChecks {

    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");

    private final Start start;

    CallerChecks(Start start) {
        this.start = start;
    }

    void check() {
        developmentKey();
        developmentHosts();
        tokens();
    }

    private void developmentKey() {
        if (start.strictness() != Strictness.DEV
                && start.isSet("gateway.callers.development-key")) {
            start.refuse(
                    "gateway.callers.development-key must not be set in "
                            + start.profile()
                            + ": everybody knows the development caller's key");
        }
    }

    private void developmentHosts() {
        if (start.strictness() != Strictness.DEV) {
            return;
        }
        for (var name : List.of("quarkus.http.host", "quarkus.management.host")) {
            if (start.isSet(name) && !LOOPBACK.matcher(start.value(name)).matches()) {
                start.refuse(
                        name
                                + " must be a loopback address in dev, not "
                                + start.value(name)
                                + ": its caller's key is known to everybody");
            }
        }
    }

    /// Tokens are only worth what the way to the issuer's keys is.
    private void tokens() {
        var prefix = "gateway.callers.tokens.";
        if (start.isMissing(prefix + "issuer")) {
            for (var name : List.of("audience", "jwks-url", "bearer-file")) {
                if (start.isSet(prefix + name)) {
                    start.refuse(prefix + "issuer is missing, which " + prefix + name + " needs");
                }
            }
            return;
        }
        if (start.isMissing(prefix + "audience")) {
            start.refuse(
                    prefix
                            + "audience is missing, which "
                            + prefix
                            + "issuer needs: a token for somebody else would be good here");
        }
        if (start.isSet(prefix + "bearer-file") && start.isMissing(prefix + "jwks-url")) {
            start.refuse(prefix + "jwks-url is missing, which " + prefix + "bearer-file needs");
        }
        for (var name : List.of(prefix + "issuer", prefix + "jwks-url")) {
            if (start.isSet(name) && !isSafe(start.value(name))) {
                start.refuse(
                        name
                                + " must begin with https://"
                                + (start.refusesDangerousSettings()
                                        ? " in " + start.profile()
                                        : ", or with http:// and a loopback address"));
            }
        }
    }

    private boolean isSafe(String url) {
        try {
            var parsed = new URI(url);
            var host = String.valueOf(parsed.getHost());
            return "https".equals(parsed.getScheme())
                    || ("http".equals(parsed.getScheme())
                            && !start.refusesDangerousSettings()
                            && LOOPBACK.matcher(host).matches());
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
