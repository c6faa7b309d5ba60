package com.alltkn.gateway.telemetry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What an expression of PromQL speaks of: read just far enough to compare it with what a gateway
/// really tells. That it is PromQL at all is promtool's to say.
///
/// @param selectors the series it selects
/// @param labels the labels it groups by or matches on
record Expression(List<Selector> selectors, Set<String> labels) {

    private static final Pattern LABELS =
            Pattern.compile(
                    "\\b(?:by|on|ignoring|without|group_left|group_right)\\s*\\(([^)]*)\\)");

    /// A text; or a name, with its matchers if there are any, and the parenthesis of a function.
    private static final Pattern PART =
            Pattern.compile(
                    "\"[^\"]*\"|(?<![\\w:])([a-zA-Z_:][\\w:]*)\\s*"
                            + "(?:\\{((?:[^\"}]|\"[^\"]*\")*)})?(\\s*\\()?");

    private static final Pattern MATCHER =
            Pattern.compile("(\\w+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"");

    private static final Set<String> WORDS =
            Set.of("and", "or", "unless", "bool", "by", "group_left", "group_right", "offset");

    static Expression of(String text) {
        var labels = new TreeSet<String>();
        LABELS.matcher(text)
                .results()
                .flatMap(found -> Stream.of(found.group(1).split(",", -1)))
                .map(String::strip)
                .filter(label -> !label.isEmpty())
                .forEach(labels::add);
        var selectors = new ArrayList<Selector>();
        PART.matcher(LABELS.matcher(text).replaceAll(" "))
                .results()
                .filter(found -> found.group(1) != null && found.group(3) == null)
                .filter(found -> !WORDS.contains(found.group(1)))
                .forEach(found -> selectors.add(Selector.of(found.group(1), found.group(2))));
        return new Expression(selectors, labels);
    }

    /// A name and what its labels have to be.
    record Selector(String name, List<Matcher> matchers) {

        private static Selector of(String name, @Nullable String matchers) {
            return new Selector(
                    name,
                    MATCHER.matcher(matchers == null ? "" : matchers)
                            .results()
                            .map(m -> new Matcher(m.group(1), m.group(2), m.group(3)))
                            .toList());
        }

        /// @param given labels that Prometheus adds, about which a gateway cannot say anything
        boolean selects(Series series, Set<String> given) {
            return series.name().equals(name)
                    && matchers.stream()
                            .filter(matcher -> !given.contains(matcher.label))
                            .allMatch(matcher -> matcher.matches(series.labels()));
        }
    }

    /// One condition on a label.
    record Matcher(String label, String operator, String value) {

        private boolean matches(Map<String, String> labels) {
            var actual = labels.getOrDefault(label, "");
            return switch (operator) {
                case "=" -> actual.equals(value);
                case "!=" -> !actual.equals(value);
                case "=~" -> actual.matches(value);
                case "!~" -> !actual.matches(value);
                default -> throw new IllegalStateException("no operator: " + operator);
            };
        }
    }

    /// One line of a scrape, without its value.
    record Series(String name, Map<String, String> labels) {

        private static final Pattern LINE = Pattern.compile("([a-zA-Z_:][\\w:]*)(\\{.*})? \\S+");
        private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

        static List<Series> of(String scrape) {
            return scrape.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> {
                        var found = LINE.matcher(line);
                        if (!found.matches()) {
                            throw new AssertionError("not a sample: " + line);
                        }
                        var labels = new TreeMap<String, String>();
                        var text = found.group(2) == null ? "" : found.group(2);
                        LABEL.matcher(text)
                                .results()
                                .forEach(label -> labels.put(label.group(1), label.group(2)));
                        return new Series(found.group(1), labels);
                    })
                    .toList();
        }
    }
}
