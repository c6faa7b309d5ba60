package com.alltkn.gateway.caller;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import com.alltkn.gateway.check.Strictness;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.regex.Pattern;

/// Who may call, and from where: the development caller, the way to the keys of a token issuer, and
/// the callers themselves.
public final class CallersCheck implements StartCheck {

    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");

    private static final String CALLERS = "gateway.callers.";
    private static final String TOKENS = CALLERS + "tokens.";
    private static final String ISSUER = TOKENS + "issuer";

    private final CallerDirectory directory;

    /// @param directory of the callers, who are read now unless they were
    public CallersCheck(CallerDirectory directory) {
        this.directory = directory;
    }

    @Override
    public void look(Start start) {
        developmentKey(start);
        developmentHosts(start);
        if (start.isMissing(ISSUER)) {
            noTokens(start);
        } else {
            tokens(start);
        }
        callers(start);
    }

    private static void developmentKey(Start start) {
        var name = CALLERS + "development-key";
        if (start.strictness() != Strictness.DEV && start.isSet(name)) {
            start.refuse(
                    name,
                    "must not be set in "
                            + start.profile()
                            + ": everybody knows the development caller's key",
                    "leave it out, and list the callers in the file of gateway.callers.file");
        }
    }

    private static void developmentHosts(Start start) {
        if (start.strictness() != Strictness.DEV) {
            return;
        }
        for (var name : List.of("quarkus.http.host", "quarkus.management.host")) {
            if (start.isSet(name) && !LOOPBACK.matcher(start.value(name)).matches()) {
                start.refuse(
                        name,
                        "must be a loopback address in dev, not "
                                + start.value(name)
                                + ": its caller's key is known to everybody",
                        "leave it out, or choose another profile");
            }
        }
    }

    private static void noTokens(Start start) {
        for (var name : List.of("audience", "jwks-url", "bearer-file")) {
            if (start.isSet(TOKENS + name)) {
                start.refuse(
                        ISSUER,
                        "is missing, which " + TOKENS + name + " needs",
                        "set it to the issuer's address, or leave " + TOKENS + name + " out");
            }
        }
    }

    /// Tokens are only worth what the way to the issuer's keys is.
    private static void tokens(Start start) {
        if (start.isMissing(TOKENS + "audience")) {
            start.refuse(
                    TOKENS + "audience",
                    "is missing, which "
                            + ISSUER
                            + " needs: a token for somebody else would be good here",
                    "set it to what the issuer calls the gateway");
        }
        if (start.isSet(TOKENS + "bearer-file") && start.isMissing(TOKENS + "jwks-url")) {
            start.refuse(
                    TOKENS + "jwks-url",
                    "is missing, which " + TOKENS + "bearer-file needs",
                    "set it to where the issuer's keys are");
        }
        for (var name : List.of(ISSUER, TOKENS + "jwks-url")) {
            if (start.isSet(name) && !isSafe(start, start.value(name))) {
                start.refuse(
                        name,
                        "must begin with https://"
                                + (start.refusesDangerousSettings()
                                        ? " in " + start.profile()
                                        : ", or with http:// and a loopback address"),
                        "set it to the address that the issuer has with TLS");
            }
        }
    }

    private static boolean isSafe(Start start, String url) {
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

    private void callers(Start start) {
        try {
            directory.current();
        } catch (InvalidCallersException e) {
            start.refuseSaying(
                    CALLERS + "file",
                    String.valueOf(e.getMessage()),
                    "set it to a file that lists the callers");
        }
    }
}
