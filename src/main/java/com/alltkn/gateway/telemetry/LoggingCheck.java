package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.check.Start;
import com.alltkn.gateway.check.StartCheck;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// That no log prints bodies, tokens or credentials.
public final class LoggingCheck implements StartCheck {

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
    private static final String LESS = "set it to INFO or above";
    private static final Pattern CATEGORY_LEVEL =
            Pattern.compile("quarkus\\.log\\.category\\.\"?(.+?)\"?\\.level");
    private static final Pattern CATEGORY_LEVEL_VARIABLE =
            Pattern.compile("QUARKUS_LOG_CATEGORY__(.+)__LEVEL");
    private static final Pattern REST_CLIENT_SCOPE =
            Pattern.compile("quarkus\\.rest-client\\.(.+\\.)?logging\\.scope");
    private static final Pattern HEADERS_IN_PATTERN =
            Pattern.compile(".*(%\\{[ioc],|ALL_REQUEST_HEADERS).*");

    @Override
    public void look(Start start) {
        if (start.refusesDangerousSettings()) {
            logLevels(start);
            clientLogging(start);
            accessLog(start, "quarkus.http.access-log");
            accessLog(start, "quarkus.management.access-log");
        }
    }

    private static void logLevels(Start start) {
        var all = "quarkus.log.level";
        if (isTalkative(start.value(all))) {
            start.refuse(
                    all,
                    "must not be "
                            + start.value(all)
                            + " in "
                            + start.profile()
                            + ": it would print bodies and tokens",
                    LESS);
        }
        levels(start)
                .forEach((category, level) -> {
                    if (isTalkative(level) && reachesTalkativeCategory(category)) {
                        start.refuse(
                                name(category),
                                "must not be "
                                        + level
                                        + " in "
                                        + start.profile()
                                        + ": it could print bodies or tokens",
                                LESS);
                    }
                });
    }

    /// @return the level of each category that has one, by the category
    private static Map<String, String> levels(Start start) {
        var levels = new TreeMap<String, String>();
        for (var category : TALKATIVE_CATEGORIES) {
            levels.put(category, start.value(name(category)));
        }
        for (var name : start.names()) {
            var match = CATEGORY_LEVEL.matcher(name);
            if (match.matches()) {
                levels.put(match.group(1), start.value(name));
            }
        }
        for (var variable : start.environment().entrySet()) {
            var match = CATEGORY_LEVEL_VARIABLE.matcher(variable.getKey());
            if (match.matches()) {
                levels.put(
                        match.group(1).toLowerCase(Locale.ROOT).replace('_', '.'),
                        variable.getValue());
            }
        }
        return levels;
    }

    private static String name(String category) {
        return "quarkus.log.category.\"" + category + "\".level";
    }

    private static void clientLogging(Start start) {
        for (var name : start.names()) {
            if (REST_CLIENT_SCOPE.matcher(name).matches()
                    && !start.value(name).isEmpty()
                    && !start.value(name).equalsIgnoreCase("none")) {
                start.refuse(
                        name,
                        "must not be "
                                + start.value(name)
                                + " in "
                                + start.profile()
                                + ": it prints headers and bodies",
                        "set it to none");
            }
        }
    }

    private static void accessLog(Start start, String prefix) {
        var name = prefix + ".pattern";
        var pattern = start.value(name);
        if (start.value(prefix + ".enabled").equalsIgnoreCase("true")
                && (pattern.equalsIgnoreCase("long")
                        || HEADERS_IN_PATTERN.matcher(pattern).matches())) {
            start.refuse(
                    name,
                    "must not print headers or cookies in "
                            + start.profile()
                            + ": they hold callers' credentials",
                    "take them out of the pattern");
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
}
