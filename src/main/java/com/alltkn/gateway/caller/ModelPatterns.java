package com.alltkn.gateway.caller;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The names of models that a caller may ask for. A `*` stands for any characters, none included;
/// everything else stands for itself.
///
/// @param patterns at least one, such as `deepseek-*`
public record ModelPatterns(List<String> patterns) {

    /// All of them.
    public static final ModelPatterns ANY = new ModelPatterns(List.of("*"));

    /// Copies.
    public ModelPatterns {
        patterns = List.copyOf(patterns);
    }

    /// @param model a model's name
    /// @return whether it may be asked for
    public boolean allow(String model) {
        return equals(ANY) || patterns.stream().anyMatch(pattern -> matches(pattern, model));
    }

    /// @return whether every model may be asked for
    public boolean allowAll() {
        return patterns.contains("*");
    }

    private static boolean matches(String pattern, String model) {
        if (pattern.indexOf('*') < 0) {
            return pattern.equals(model);
        }
        return Pattern.matches(
                Stream.of(pattern.split("\\*", -1))
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*")),
                model);
    }
}
