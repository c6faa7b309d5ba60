package com.alltkn.gateway.secret;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// That every client of the process, whatever it talks to, finds out whom it talks to. A server
/// that need not show who it is would be handed a key, a login or a token.
public final class TlsCheck implements StartCheck {

    private static final Set<String> ALGORITHMS = Set.of("HTTPS", "LDAPS");

    /// Where names of settings of TLS begin, bare of all but letters and digits: those of Quarkus
    /// and of the libraries below, by system property. A REST client's begin with its class.
    private static final List<String> OWNERS =
            List.of("quarkus", "jdkinternalhttpclient", "ionetty", "vertx");

    private static final String REST_CLIENT = "mprest";

    /// One rule for all names, so that neither a spelling nor a client's name makes a difference.
    @Override
    public void look(Start start) {
        if (!start.refusesDangerousSettings()) {
            return;
        }
        settings(start)
                .forEach((bare, name) -> {
                    var value = valueOf(start, name);
                    if (isDangerous(bare, value)) {
                        start.refuse(
                                name,
                                "must not be %s in %s"
                                        .formatted(
                                                value.isEmpty() ? "set" : value, start.profile()),
                                "take it out, and name the authorities to trust instead");
                    }
                });
    }

    /// @return by its bare form, the name of each setting of TLS as it was set; a variable and the
    ///   property that it stands for are one
    private static Map<String, String> settings(Start start) {
        var settings = new LinkedHashMap<String, String>();
        Stream.concat(start.names().stream(), start.environment().keySet().stream().sorted())
                // Of another profile: what is in force has its name without that as well.
                .filter(name -> !name.startsWith("%") && !name.startsWith("_"))
                // Lower-case names first: the documentation has them so.
                .sorted((a, b) -> Boolean.compare(isVariable(a), isVariable(b)))
                .forEach(name -> {
                    var bare = Start.bare(name);
                    if (bare.contains(REST_CLIENT) || OWNERS.stream().anyMatch(bare::startsWith)) {
                        settings.putIfAbsent(bare, name);
                    }
                });
        return settings;
    }

    private static boolean isVariable(String name) {
        return name.equals(name.toUpperCase(Locale.ROOT));
    }

    private static String valueOf(Start start, String name) {
        var value = start.value(name);
        return value.isEmpty() ? start.environment().getOrDefault(name, "").strip() : value;
    }

    private static boolean isDangerous(String bare, String value) {
        if (bare.endsWith("trustall") || bare.endsWith("skipverify")) {
            return Start.isYes(value);
        }
        if (bare.endsWith("verifyhost")) {
            return !value.isEmpty() && !Start.isYes(value);
        }
        if (bare.endsWith("verificationalgorithm")) {
            // Redis' has NONE for a default, which means nothing where there is no TLS.
            return !bare.startsWith("quarkusredis")
                    && !value.isEmpty()
                    && !ALGORITHMS.contains(value);
        }
        if (bare.endsWith("disablehostnameverification")) {
            // The JDK takes a value that is empty for yes.
            return !value.equalsIgnoreCase("false");
        }
        return bare.endsWith("hostnameverifier") && !value.isEmpty();
    }
}
