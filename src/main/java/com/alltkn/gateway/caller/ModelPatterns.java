package com.alltkn.gateway.caller;

import java.util.List;

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
        return allowAll() || patterns.stream().anyMatch(pattern -> matches(pattern, model));
    }

    /// @return whether every model may be asked for
    public boolean allowAll() {
        return patterns.contains("*");
    }

    /// Goes through both once; where they part, the last `*` takes one character more. So a name
    /// that a caller makes up costs no more than the product of both lengths, which a regular
    /// expression with several `.*` does not promise.
    private static boolean matches(String pattern, String model) {
        var at = 0;
        var star = -1;
        var behindStar = 0;
        for (var i = 0; i < model.length(); ) {
            if (at < pattern.length() && pattern.charAt(at) == '*') {
                star = at++;
                behindStar = i;
            } else if (at < pattern.length() && pattern.charAt(at) == model.charAt(i)) {
                at++;
                i++;
            } else if (star >= 0) {
                at = star + 1;
                i = ++behindStar;
            } else {
                return false;
            }
        }
        return pattern.substring(at).chars().allMatch(c -> c == '*');
    }
}
