package com.alltkn.gateway.openai;

import java.util.Optional;

/// Finds the usage of an answer of which only the end was kept.
///
/// In valid JSON an unescaped `"usage"` is a whole string, because a quote inside a string is
/// escaped and nothing but punctuation follows the closing one; before a colon it is a name. From
/// such a place on the text can be read forward without knowing what came before, and the brackets
/// left open at the text's end tell how deep each name stood.
final class TailUsage {
    private static final byte[] NAME = {'"', 'u', 's', 'a', 'g', 'e', '"'};

    /// No level: the text ends inside a string.
    private static final int CUT = Integer.MAX_VALUE;

    private TailUsage() {}

    /// The last `usage` whose enclosing objects and arrays are exactly so many.
    ///
    /// @param bytes holds the end of a JSON text
    /// @param from where the kept part starts, anywhere in the text
    /// @param to where the text ends
    /// @param depth 1 for a member of the outermost object
    static Optional<Usage> find(byte[] bytes, int from, int to, int depth) {
        var start = firstName(bytes, from, to);
        if (start < 0) {
            return Optional.empty();
        }
        var end = finalLevel(bytes, start, to);
        if (end == CUT) {
            return Optional.empty();
        }
        var wanted = end + depth;
        var found = -1;
        var level = 0;
        var i = start;
        while (i < to) {
            var b = bytes[i];
            if (b == '"') {
                var valueFrom = level == wanted ? valueOfName(bytes, i, to) : -1;
                if (valueFrom >= 0) {
                    found = valueFrom;
                }
                i = stringEnd(bytes, i, to);
                continue;
            }
            level += step(b);
            i++;
        }
        return found < 0 ? Optional.empty() : UsageReader.read(bytes, found, to);
    }

    /// The level after the last byte, relative to that of `start`; `CUT` if the text ends inside a
    /// string.
    private static int finalLevel(byte[] bytes, int start, int to) {
        var level = 0;
        var i = start;
        while (i < to) {
            if (bytes[i] == '"') {
                i = stringEnd(bytes, i, to);
                if (i < 0) {
                    return CUT;
                }
                continue;
            }
            level += step(bytes[i]);
            i++;
        }
        return level;
    }

    private static int firstName(byte[] bytes, int from, int to) {
        // Outside of a string there is no backslash, so one before the quote makes it part of a
        // string. The byte before must be in view to tell.
        for (var i = from + 1; i + NAME.length < to; i++) {
            if (bytes[i] == '"' && bytes[i - 1] != '\\' && valueOfName(bytes, i, to) >= 0) {
                return i;
            }
        }
        return -1;
    }

    /// Where the value starts if the name `usage` stands at `i`, else -1.
    private static int valueOfName(byte[] bytes, int i, int to) {
        if (to - i <= NAME.length) {
            return -1;
        }
        for (var k = 0; k < NAME.length; k++) {
            if (bytes[i + k] != NAME[k]) {
                return -1;
            }
        }
        var colon = spaceEnd(bytes, i + NAME.length, to);
        return colon < to && bytes[colon] == ':' ? spaceEnd(bytes, colon + 1, to) : -1;
    }

    private static int spaceEnd(byte[] bytes, int from, int to) {
        var i = from;
        while (i < to && bytes[i] >= 0 && bytes[i] <= ' ') {
            i++;
        }
        return i;
    }

    /// The byte after the closing quote, or -1 if there is none.
    private static int stringEnd(byte[] bytes, int from, int to) {
        for (var i = from + 1; i < to; i++) {
            if (bytes[i] == '\\') {
                i++;
            } else if (bytes[i] == '"') {
                return i + 1;
            }
        }
        return -1;
    }

    private static int step(byte b) {
        return switch (b) {
            case '{', '[' -> 1;
            case '}', ']' -> -1;
            default -> 0;
        };
    }
}
