package com.alltkn.gateway.upstream;

import com.alltkn.gateway.openai.ErrorEnvelope;
import com.alltkn.gateway.openai.Scrubber;
import com.alltkn.gateway.secret.Secret;
import com.alltkn.gateway.secret.SecretMask;
import java.util.HashSet;
import java.util.Locale;
import java.util.regex.Pattern;

/// Upstream's own words about a key, fit for a log: short, on one line, without the key in any form
/// that [SecretMask] knows, and without [#PART] characters of it in a row, for some quote a part.
final class UpstreamWords {

    private static final int LONGEST = 200;
    private static final int PART = 6;
    private static final String MASK = "***";

    /// What no line of a log may hold: it would end it, or show it in another order.
    private static final Pattern NO_TEXT = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Z}\\s]+");

    private static final Pattern ASTERISKS = Pattern.compile("\\*{4,}");

    /// An answer's own number makes every one of them another.
    private static final Pattern REQUEST_ID =
            Pattern.compile(
                    "[(\\[]? ?\\b(request|trace)[ _-]?id\\b ?[:=] ?\\S+ ?[)\\]]?",
                    Pattern.CASE_INSENSITIVE);

    private UpstreamWords() {}

    /// @param status the status
    /// @param answer what was read
    /// @param key what it was asked with
    /// @return a sentence for people
    static String of(int status, UpstreamAnswer answer, Secret key) {
        return answer.error()
                .map(said -> status + " " + of(said, key))
                .orElse(status + " without a reason");
    }

    private static String of(ErrorEnvelope said, Secret key) {
        var code = said.code() == null ? said.type() : said.code();
        return without(key, code + ": " + said.message());
    }

    /// @return the text without the key, on one line and not too long
    static String without(Secret key, String text) {
        var masked = withoutParts(key, new SecretMask(key).hide(text));
        var line = NO_TEXT.matcher(masked).replaceAll(" ").replace('"', '\'');
        var shown = Scrubber.scrub(ASTERISKS.matcher(line).replaceAll(MASK));
        var clean = REQUEST_ID.matcher(shown).replaceAll("").strip();
        return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST) + "…";
    }

    private static String withoutParts(Secret key, String text) {
        var lower = key.reveal().toLowerCase(Locale.ROOT);
        var parts = new HashSet<String>();
        for (var i = 0; i + PART <= lower.length(); i++) {
            parts.add(lower.substring(i, i + PART));
        }
        var result = new StringBuilder(text.length());
        var covered = 0;
        for (var i = 0; i < text.length(); i++) {
            if (i + PART <= text.length()
                    && parts.contains(text.substring(i, i + PART).toLowerCase(Locale.ROOT))) {
                if (covered <= i) {
                    result.append(MASK);
                }
                covered = i + PART;
            }
            if (i >= covered) {
                result.append(text.charAt(i));
            }
        }
        return result.toString();
    }
}
