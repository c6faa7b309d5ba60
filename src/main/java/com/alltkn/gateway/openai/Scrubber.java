package com.alltkn.gateway.openai;

import java.util.Locale;
import java.util.Set;

/// Takes out of an upstream's error text what looks like a credential; some upstreams quote part of
/// the key they refuse. Better one word too many than one too few: a long id such as `chatcmpl-…`
/// is masked too when it looks random, while sentences, model names, UUIDs and paths stay. Takes
/// one pass, whatever the text.
public final class Scrubber {
    /// Most characters looked at and returned; error texts are sentences.
    static final int MAX_TEXT = 4096;

    private static final String MASK = "***";

    /// Shortest word that is masked for its looks alone.
    private static final int MIN_SECRET = 24;

    /// The same where it starts like a credential, but a name could, too.
    private static final int MIN_PREFIXED = 16;

    /// Longest run of letters and digits, mixed, that a word may have and still be a name.
    private static final int MAX_NAME_RUN = 15;

    /// How the credentials of well-known issuers start.
    private static final String[] PREFIXES = {
        "sk-", "sk_", "pk-", "pk_", "rk_", "gsk_", "hvs.", "eyj", "ghp_", "akia", "aiza", "xox"
    };

    /// The word behind one of these is a credential, if it is not a plain word ("the bearer token
    /// is missing").
    private static final Set<String> SCHEMES = Set.of("bearer", "basic");

    /// The word behind one of these and a colon or an equals sign is a credential, if it is not a
    /// plain word ("unexpected token: comma"). With `provided` between, it always is one.
    private static final Set<String> LABELS =
            Set.of(
                    "key",
                    "apikey",
                    "api_key",
                    "api-key",
                    "x-api-key",
                    "token",
                    "access_token",
                    "secret",
                    "password",
                    "credential",
                    "credentials",
                    "authorization");

    /// Longest word of letters alone that may be a plain one.
    private static final int MAX_PLAIN = 15;

    private Scrubber() {}

    /// The text with `***` for each credential, cut at a word's end to at most 4,096 characters.
    ///
    /// @param text any text
    public static String scrub(String text) {
        var end = text.length() > MAX_TEXT ? wordStart(text, MAX_TEXT) : text.length();
        var result = new StringBuilder(end + MASK.length());
        var expectation = Expectation.NOTHING;
        var i = 0;
        while (i < end) {
            var c = text.charAt(i);
            if (!isWordPart(c)) {
                expectation = expectation.after(c);
                result.append(c);
                i++;
                continue;
            }
            var wordEnd = i + 1;
            while (wordEnd < end && isWordPart(text.charAt(wordEnd))) {
                wordEnd++;
            }
            var bareEnd = wordEnd;
            while (bareEnd > i + 1 && text.charAt(bareEnd - 1) == '.') {
                bareEnd--;
            }
            var word = text.substring(i, bareEnd);
            var masked =
                    switch (expectation) {
                        case SECRET -> !isScheme(word);
                        case LIKELY -> !isPlain(word) || looksSecret(word);
                        case NOTHING, VALUE, PROVIDED -> looksSecret(word);
                    };
            result.append(masked ? MASK : word).append(text, bareEnd, wordEnd);
            expectation = masked ? Expectation.NOTHING : expectation.after(word);
            i = wordEnd;
        }
        return result.toString();
    }

    /// The start of the word that a cut at `at` would go through, so that no half credential
    /// escapes its pattern.
    private static int wordStart(String text, int at) {
        var start = at;
        while (start > 0 && isWordPart(text.charAt(start - 1)) && isWordPart(text.charAt(start))) {
            start--;
        }
        return start;
    }

    private static boolean looksSecret(String word) {
        if (hasPrefix(word)) {
            return true;
        }
        if (word.length() < MIN_SECRET) {
            return false;
        }
        var small = false;
        var capital = false;
        var digit = false;
        var changes = 0;
        var run = 0;
        var runLetters = 0;
        var longestMixedRun = 0;
        var last = ' ';
        for (var i = 0; i < word.length(); i++) {
            var kind = kind(word.charAt(i));
            if (kind == ' ') {
                run = 0;
                runLetters = 0;
                continue;
            }
            run++;
            small |= kind == 'a';
            capital |= kind == 'A';
            digit |= kind == '0';
            runLetters += kind == '0' ? 0 : 1;
            if (runLetters > 0 && runLetters < run) {
                longestMixedRun = Math.max(longestMixedRun, run);
            }
            if (last != ' ' && kind != last) {
                changes++;
            }
            last = kind;
        }
        // A random word changes between small, capital and digit at every other character; a name
        // seldom, and a UUID has one case.
        return longestMixedRun > MAX_NAME_RUN
                || (small && capital && digit && 5 * changes >= 2 * word.length());
    }

    private static boolean isPlain(String word) {
        if (word.length() > MAX_PLAIN) {
            return false;
        }
        for (var i = 0; i < word.length(); i++) {
            var kind = kind(word.charAt(i));
            if (kind != 'a' && (kind != 'A' || i > 0)) {
                return false;
            }
        }
        return true;
    }

    /// Whether the word is a known credential or, as in a URL, ends in one.
    private static boolean hasPrefix(String word) {
        for (var from = 0; from < word.length(); from++) {
            if ((from == 0 || kind(word.charAt(from - 1)) == ' ') && hasPrefix(word, from)) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasPrefix(String word, int from) {
        var length = word.length() - from;
        for (var prefix : PREFIXES) {
            var isTelling = from == 0 && (prefix.endsWith("-") || prefix.endsWith("_"));
            if (length >= (isTelling ? prefix.length() + 5 : MIN_PREFIXED)
                    && word.regionMatches(true, from, prefix, 0, prefix.length())) {
                return true;
            }
        }
        return false;
    }

    /// Whether what follows is a credential: the word, or what stands behind its last joint.
    private static boolean isScheme(String word) {
        var from = word.length();
        while (from > 0 && kind(word.charAt(from - 1)) != ' ') {
            from--;
        }
        return SCHEMES.contains(word.substring(from).toLowerCase(Locale.ROOT));
    }

    /// `a`, `A` or `0` for a small letter, a capital or a digit; a space for what joins the parts
    /// of a name.
    private static char kind(char c) {
        if (c >= 'a' && c <= 'z') {
            return 'a';
        }
        if (c >= 'A' && c <= 'Z') {
            return 'A';
        }
        return c >= '0' && c <= '9' ? '0' : ' ';
    }

    private static boolean isWordPart(char c) {
        return kind(c) != ' '
                || c == '-'
                || c == '_'
                || c == '.'
                || c == '+'
                || c == '/'
                || c == '*'
                || c == '~';
    }

    /// What the words before lead one to expect.
    private enum Expectation {
        NOTHING,
        /// A label was named; a colon or equals sign makes the next word a likely credential.
        VALUE,
        /// The same, and `provided` stood behind it.
        PROVIDED,
        LIKELY,
        SECRET;

        Expectation after(char separator) {
            return switch (separator) {
                case ':', '=' ->
                        switch (this) {
                            case PROVIDED -> SECRET;
                            case VALUE -> LIKELY;
                            case NOTHING, LIKELY, SECRET -> NOTHING;
                        };
                case ' ', '"', '\'', '`', '<', '(', '[', '{', '\t' -> this;
                default -> NOTHING;
            };
        }

        Expectation after(String word) {
            if (isScheme(word)) {
                return this == SECRET ? SECRET : LIKELY;
            }
            var lower = word.toLowerCase(Locale.ROOT);
            if (LABELS.contains(lower)) {
                return VALUE;
            }
            return this == VALUE && lower.equals("provided") ? PROVIDED : NOTHING;
        }
    }
}
