package com.alltkn.gateway;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// That every client of the process, whatever it talks to, finds out whom it talks to. A server
/// that need not show who it is would be handed a key, a login or a token.
final class TlsChecks {

    /// What SmallRye Config takes for yes.
    private static final Set<String> YES = Set.of("true", "1", "yes", "y", "on");

    private static final Set<String> ALGORITHMS = Set.of("HTTPS", "LDAPS");

    /// Where names of settings of TLS begin, bare of all but letters and digits: those of Quarkus
    /// and of the libraries below, by system property. A REST client's begin with its class.
    private static final List<String> OWNERS =
            List.of("quarkus", "jdkinternalhttpclient", "ionetty", "vertx");

    private static final String REST_CLIENT = "mprest";

    private final Start start;

    TlsChecks(Start start) {
        this.start = start;
    }

    /// One rule for all names, so that neither a spelling nor a client's name makes a difference.
    void check() {
        settings()
                .forEach((bare, name) -> {
                    var value = valueOf(name);
                    if (isDangerous(bare, value)) {
                        start.refuse(
                                "%s must not be %s in %s"
                                        .formatted(
                                                name,
                                                value.isEmpty() ? "set" : value,
                                                start.profile()));
                    }
                });
        redis();
    }

    /// @return by its bare form, the name of each setting of TLS as it was set; a variable and the
    ///   property that it stands for are one
    private Map<String, String> settings() {
        var settings = new LinkedHashMap<String, String>();
        Stream.concat(start.names().stream(), start.environment().keySet().stream().sorted())
                // Of another profile: what is in force has its name without that as well.
                .filter(name -> !name.startsWith("%") && !name.startsWith("_"))
                // Lower-case names first: the documentation has them so.
                .sorted((a, b) -> Boolean.compare(isVariable(a), isVariable(b)))
                .forEach(name -> {
                    var bare = name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
                    if (bare.contains(REST_CLIENT) || OWNERS.stream().anyMatch(bare::startsWith)) {
                        settings.putIfAbsent(bare, name);
                    }
                });
        return settings;
    }

    private static boolean isVariable(String name) {
        return name.equals(name.toUpperCase(Locale.ROOT));
    }

    private String valueOf(String name) {
        var value = start.value(name);
        return value.isEmpty() ? start.environment().getOrDefault(name, "").strip() : value;
    }

    private static boolean isDangerous(String bare, String value) {
        if (bare.endsWith("trustall") || bare.endsWith("skipverify")) {
            return isYes(value);
        }
        if (bare.endsWith("verifyhost")) {
            return !value.isEmpty() && !isYes(value);
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

    /// Its client compares no name unless it is told to. By a TLS configuration that says nothing
    /// of names it makes no connection at all.
    private void redis() {
        var name = "quarkus.redis.tls.hostname-verification-algorithm";
        var overTls =
                isYes(start.value("quarkus.redis.tls.enabled"))
                        || start.value("quarkus.redis.hosts").contains("rediss:");
        if (overTls
                && start.isMissing("quarkus.redis.tls-configuration-name")
                && !ALGORITHMS.contains(start.value(name))) {
            start.refuse(
                    name
                            + " must be HTTPS in "
                            + start.profile()
                            + ", else anybody's certificate will do for Redis");
        }
    }

    private static boolean isYes(String value) {
        return YES.contains(value.toLowerCase(Locale.ROOT));
    }
}
