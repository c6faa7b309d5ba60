package com.alltkn.gateway;

import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.rollout.AllowedHosts;
import com.alltkn.gateway.rollout.Parsing.Rejected;
import com.alltkn.gateway.rollout.Setting;
import com.alltkn.gateway.rollout.SettingsParser;
import com.alltkn.gateway.rollout.Strictness;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What must hold before the gateway starts. Each violation is one sentence that begins with the
/// property to change and never holds a secret. Pure: configuration and environment are passed in.
public final class StartupChecks {

    private static final List<String> BROWSER_PREFIXES =
            List.of(
                    "NEXT_PUBLIC_",
                    "VITE_",
                    "REACT_APP_",
                    "PUBLIC_",
                    "NUXT_PUBLIC_",
                    "EXPO_PUBLIC_");

    // Below INFO these print headers, bodies, tokens or whole buffers, now or in a later version.
    private static final List<String> TALKATIVE_CATEGORIES =
            List.of(
                    "io.netty",
                    "io.quarkus",
                    "io.quarkus.vault",
                    "io.vertx",
                    "org.apache.http",
                    "org.jboss.resteasy",
                    "jdk.httpclient",
                    "jdk.internal.httpclient");
    private static final Set<String> TALKATIVE_LEVELS =
            Set.of("DEBUG", "TRACE", "ALL", "CONFIG", "FINE", "FINER", "FINEST");
    private static final int INFO = 800;
    private static final Pattern CATEGORY_LEVEL =
            Pattern.compile("quarkus\\.log\\.category\\.\"?(.+?)\"?\\.level");
    private static final Pattern CATEGORY_LEVEL_VARIABLE =
            Pattern.compile("QUARKUS_LOG_CATEGORY__(.+)__LEVEL");
    private static final Pattern REST_CLIENT_SCOPE =
            Pattern.compile("quarkus\\.rest-client\\.(.+\\.)?logging\\.scope");
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");
    private static final Pattern HEADERS_IN_PATTERN =
            Pattern.compile(".*(%\\{[ioc],|ALL_REQUEST_HEADERS).*");

    private static final Pattern ROUTE =
            Pattern.compile("gateway\\.upstream\\.routes\\.\"?(.+?)\"?\\.[a-z-]+");
    private static final Set<String> ROUTES =
            Arrays.stream(Endpoint.values()).map(Endpoint::label).collect(Collectors.toSet());

    private StartupChecks() {}

    /// A mistyped profile would otherwise start with none of its settings, and a list of profiles
    /// with the rules of one and the settings of another.
    ///
    /// @param active the active profiles
    /// @return violations, none if there is exactly one known profile
    public static List<String> profileViolations(List<String> active) {
        return active.size() == 1 && Strictness.of(active.getFirst()).isPresent()
                ? List.of()
                : List.of(
                        "quarkus.profile must be exactly one of dev, test, staging, prod, not "
                                + String.join(",", active));
    }

    /// @param strictness of the active profile
    /// @param config a property's value by its name, empty if there is none
    /// @param names the names of all properties that are set
    /// @param environment the process' environment
    /// @return violations in a fixed order; the start is refused unless there are none
    public static List<String> violations(
            Strictness strictness,
            Function<String, Optional<String>> config,
            Set<String> names,
            Map<String, String> environment) {
        return new Check(strictness, config, names, environment).run();
    }

    private static final class Check {

        private final Strictness strictness;
        private final Function<String, Optional<String>> config;
        private final Set<String> names;
        private final Map<String, String> environment;
        private final List<String> violations = new ArrayList<>();

        Check(
                Strictness strictness,
                Function<String, Optional<String>> config,
                Set<String> names,
                Map<String, String> environment) {
            this.strictness = strictness;
            this.config = config;
            this.names = names;
            this.environment = environment;
        }

        List<String> run() {
            source();
            sharedState();
            developmentKey();
            developmentHosts();
            tokens();
            routes();
            if (strictness.refusesDangerousSettings()) {
                sandbox();
                vault();
                keyInEnvironment();
                browserBoundNames();
                defaults();
                logLevels();
                clientLogging();
                accessLog("quarkus.http.access-log");
                accessLog("quarkus.management.access-log");
            }
            return List.copyOf(violations);
        }

        private void source() {
            var source = value("gateway.source");
            switch (source) {
                case "vault" -> {}
                case "file" -> {
                    if (isMissing("gateway.file.path")) {
                        add("gateway.file.path is missing, which gateway.source=file needs");
                    }
                }
                case "environment" -> {
                    if (strictness.refusesDangerousSettings()) {
                        add("gateway.source must not be environment in " + strictness.profile());
                    }
                }
                default ->
                        add(
                                "gateway.source must be one of vault, file, environment, not "
                                        + source);
            }
            var name = value("gateway.environment");
            if (!name.isEmpty() && !name.matches("[a-z0-9-]+")) {
                add("gateway.environment must be made of a-z, 0-9 and hyphens, not " + name);
            }
        }

        private void sharedState() {
            var where = value("gateway.shared-state");
            switch (where) {
                case "memory" -> {}
                case "redis" -> {
                    if (isMissing("quarkus.redis.hosts")) {
                        add(
                                "quarkus.redis.hosts is missing, which gateway.shared-state=redis needs");
                    }
                }
                default -> add("gateway.shared-state must be one of memory, redis, not " + where);
            }
        }

        private void developmentKey() {
            if (strictness != Strictness.DEV && isSet("gateway.callers.development-key")) {
                add(
                        "gateway.callers.development-key must not be set in "
                                + strictness.profile()
                                + ": everybody knows the development caller's key");
            }
        }

        private void developmentHosts() {
            if (strictness != Strictness.DEV) {
                return;
            }
            for (var name : List.of("quarkus.http.host", "quarkus.management.host")) {
                if (isSet(name) && !LOOPBACK.matcher(value(name)).matches()) {
                    add(
                            name
                                    + " must be a loopback address in dev, not "
                                    + value(name)
                                    + ": its caller's key is known to everybody");
                }
            }
        }

        /// Tokens are only worth what the way to the issuer's keys is.
        private void tokens() {
            var prefix = "gateway.callers.tokens.";
            if (isMissing(prefix + "issuer")) {
                for (var name : List.of("audience", "jwks-url", "bearer-file")) {
                    if (isSet(prefix + name)) {
                        add(prefix + "issuer is missing, which " + prefix + name + " needs");
                    }
                }
                return;
            }
            if (isMissing(prefix + "audience")) {
                add(
                        prefix
                                + "audience is missing, which "
                                + prefix
                                + "issuer needs: a token for somebody else would be good here");
            }
            if (isSet(prefix + "bearer-file") && isMissing(prefix + "jwks-url")) {
                add(prefix + "jwks-url is missing, which " + prefix + "bearer-file needs");
            }
            for (var name : List.of(prefix + "issuer", prefix + "jwks-url")) {
                if (isSet(name) && !isSafe(value(name))) {
                    add(
                            name
                                    + " must begin with https://"
                                    + (strictness.refusesDangerousSettings()
                                            ? " in " + strictness.profile()
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
                                && !strictness.refusesDangerousSettings()
                                && LOOPBACK.matcher(host).matches());
            } catch (URISyntaxException e) {
                return false;
            }
        }

        /// Clocks of a route that is none would never be used.
        private void routes() {
            names.stream()
                    .sorted()
                    .map(ROUTE::matcher)
                    .filter(Matcher::matches)
                    .filter(route -> !ROUTES.contains(route.group(1)))
                    .forEach(route ->
                            add(
                                    route.group()
                                            + " names no route: chat/completions is one, or files/{id}"));
        }

        private void sandbox() {
            if (!isMissing("gateway.sandbox.url")) {
                add("gateway.sandbox.url must not be set in " + strictness.profile());
            }
        }

        private void vault() {
            if (!value("gateway.source").equals("vault")) {
                return;
            }
            if (isMissing("quarkus.vault.url")) {
                add("quarkus.vault.url is missing, which gateway.source=vault needs");
            } else if (!value("quarkus.vault.url").toLowerCase(Locale.ROOT).startsWith("https:")) {
                add("quarkus.vault.url must begin with https:// in " + strictness.profile());
            }
            if (!hasLogin()) {
                add(
                        "quarkus.vault.authentication has no complete login, which"
                                + " gateway.source=vault needs: client-token, app-role,"
                                + " kubernetes.role or userpass");
            }
            if (value("quarkus.vault.tls.skip-verify").equalsIgnoreCase("true")) {
                add("quarkus.vault.tls.skip-verify must not be true in " + strictness.profile());
            }
            if (value("quarkus.tls.trust-all").equalsIgnoreCase("true")) {
                add("quarkus.tls.trust-all must not be true in " + strictness.profile());
            }
            if (value("quarkus.vault.log-confidentiality-level").equalsIgnoreCase("low")) {
                add(
                        "quarkus.vault.log-confidentiality-level must not be low in "
                                + strictness.profile());
            }
            if (!isMissing("quarkus.vault.secret-config-kv-path")) {
                add(
                        "quarkus.vault.secret-config-kv-path must not be set: one failed refresh"
                                + " would take every setting away");
            }
        }

        private boolean hasLogin() {
            var login = "quarkus.vault.authentication.";
            return isSet(login + "client-token")
                    || isSet(login + "client-token-wrapping-token")
                    || isSet(login + "kubernetes.role")
                    || (isSet(login + "app-role.role-id")
                            && (isSet(login + "app-role.secret-id")
                                    || isSet(login + "app-role.secret-id-wrapping-token")))
                    || (isSet(login + "userpass.username")
                            && (isSet(login + "userpass.password")
                                    || isSet(login + "userpass.password-wrapping-token")));
        }

        private void keyInEnvironment() {
            var key = Setting.API_KEY.key();
            if (inEnvironment(key)) {
                add(
                        key
                                + " must not stand in the process' environment in "
                                + strictness.profile()
                                + ": keep it in the source that gateway.source names");
            }
        }

        private void browserBoundNames() {
            for (var prefix : BROWSER_PREFIXES) {
                for (var setting : Setting.values()) {
                    var name = prefix + setting.key();
                    if (inEnvironment(name)) {
                        add(name + " must not be set: a bundler may copy its value to browsers");
                    }
                }
            }
        }

        /// The defaults under every revision are held to the same rules as a revision; one at a
        /// time, so that each fault is named.
        private void defaults() {
            var hosts =
                    Stream.of(
                                    config.apply("gateway.upstream.allowed-hosts")
                                            .orElse("api.alltkn.com")
                                            .split(",", -1))
                            .filter(host -> !host.isBlank())
                            .toList();
            for (var setting : Setting.DEFAULTABLE) {
                var value = fromEnvironment(setting.key());
                if (value.isEmpty()) {
                    continue;
                }
                var parser =
                        new SettingsParser(
                                new AllowedHosts(strictness, hosts),
                                Map.of(setting.key(), value.get()));
                // A base URL of the source's own keeps the built-in one out of the comparison.
                var others = new TreeMap<String, Object>();
                others.put(Setting.API_KEY.key(), "start-check");
                if (setting != Setting.BASE_URL && !hosts.isEmpty()) {
                    others.put(Setting.BASE_URL.key(), "https://" + hosts.getFirst().strip());
                }
                if (parser.parse("the check", others) instanceof Rejected(_, var sentence)
                        && sentence.startsWith(setting.key())) {
                    add(sentence);
                }
            }
        }

        private void logLevels() {
            if (isTalkative(value("quarkus.log.level"))) {
                add(
                        "quarkus.log.level must not be "
                                + value("quarkus.log.level")
                                + " in "
                                + strictness.profile()
                                + ": it would print bodies and tokens");
            }
            var levels = new TreeMap<String, String>();
            for (var category : TALKATIVE_CATEGORIES) {
                levels.put(category, value("quarkus.log.category.\"" + category + "\".level"));
            }
            for (var name : names) {
                var match = CATEGORY_LEVEL.matcher(name);
                if (match.matches()) {
                    levels.put(match.group(1), value(name));
                }
            }
            for (var variable : environment.entrySet()) {
                var match = CATEGORY_LEVEL_VARIABLE.matcher(variable.getKey());
                if (match.matches()) {
                    levels.put(
                            match.group(1).toLowerCase(Locale.ROOT).replace('_', '.'),
                            variable.getValue());
                }
            }
            levels.forEach((category, level) -> {
                if (isTalkative(level) && reachesTalkativeCategory(category)) {
                    add(
                            "quarkus.log.category.\""
                                    + category
                                    + "\".level must not be "
                                    + level
                                    + " in "
                                    + strictness.profile()
                                    + ": it could print bodies or tokens");
                }
            });
        }

        private void clientLogging() {
            for (var name : names.stream().sorted().toList()) {
                if (REST_CLIENT_SCOPE.matcher(name).matches()
                        && !value(name).isEmpty()
                        && !value(name).equalsIgnoreCase("none")) {
                    add(
                            name
                                    + " must not be "
                                    + value(name)
                                    + " in "
                                    + strictness.profile()
                                    + ": it prints headers and bodies");
                }
            }
        }

        private void accessLog(String prefix) {
            var pattern = value(prefix + ".pattern");
            if (value(prefix + ".enabled").equalsIgnoreCase("true")
                    && (pattern.equalsIgnoreCase("long")
                            || HEADERS_IN_PATTERN.matcher(pattern).matches())) {
                add(
                        prefix
                                + ".pattern must not print headers or cookies in "
                                + strictness.profile()
                                + ": they hold callers' credentials");
            }
        }

        // A level set for a parent category reaches its children.
        private static boolean reachesTalkativeCategory(String category) {
            return TALKATIVE_CATEGORIES.stream()
                    .anyMatch(talkative ->
                            category.equals(talkative)
                                    || category.startsWith(talkative + ".")
                                    || talkative.startsWith(category + "."));
        }

        private static boolean isTalkative(String level) {
            var word = level.strip().toUpperCase(Locale.ROOT);
            return TALKATIVE_LEVELS.contains(word)
                    || (word.matches("-?\\d{1,9}") && Integer.parseInt(word) < INFO);
        }

        private boolean inEnvironment(String name) {
            return fromEnvironment(name).isPresent();
        }

        // Also a .env file beside the process, which configuration takes for environment.
        private Optional<String> fromEnvironment(String name) {
            return Optional.ofNullable(environment.get(name))
                    .or(() -> config.apply(name))
                    .filter(value -> !value.isBlank());
        }

        private boolean isSet(String name) {
            return !isMissing(name);
        }

        private boolean isMissing(String name) {
            return value(name).isEmpty();
        }

        private String value(String name) {
            return config.apply(name).map(String::strip).orElse("");
        }

        private void add(String violation) {
            violations.add(violation);
        }
    }
}
