package com.alltkn.gateway.upstream;

import com.alltkn.gateway.openai.ErrorEnvelope;
import com.alltkn.gateway.openai.Scrubber;
import com.alltkn.gateway.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Upstream's own words about a key, fit for a log: short, on one line, and without the key,
/// whatever upstream has made of it. Six characters of it in a row are masked, be it plain, in hex,
/// in base64 or escaped.
final class UpstreamWords {

    private static final int LONGEST = 200;
    private static final int GRAM = 6;
    private static final String MASK = "***";

    private static final Pattern ESCAPED =
            Pattern.compile("%([0-9A-Fa-f]{2})|\\\\u([0-9A-Fa-f]{4})|&#x([0-9A-Fa-f]{1,4});");

    /// An answer's own number makes every one of them another.
    private static final Pattern REQUEST_ID =
            Pattern.compile(
                    "[(\\[]?\\s*\\b(request|trace)[ _-]?id\\b\\s*[:=]\\s*\\S+\\s*[)\\]]?",
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
        var line = REQUEST_ID.matcher(unescaped(text)).replaceAll("");
        var masked = Scrubber.scrub(masked(line.replace(key.reveal(), MASK), grams(key)));
        var clean = masked.replaceAll("[\\p{Cntrl}\\s]+", " ").replace('"', '\'').strip();
        return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST) + "…";
    }

    /// Undone as often as upstream may have escaped it on its way through others.
    private static String unescaped(String text) {
        var result = text;
        for (var i = 0; i < 3; i++) {
            var matcher = ESCAPED.matcher(result);
            var next =
                    matcher.replaceAll(found -> {
                        var digits =
                                found.group(1) != null
                                        ? found.group(1)
                                        : found.group(2) != null ? found.group(2) : found.group(3);
                        var c = (char) Integer.parseInt(digits, 16);
                        return c > ' ' && c < 127
                                ? Matcher.quoteReplacement(Character.toString(c))
                                : " ";
                    });
            if (next.equals(result)) {
                return result;
            }
            result = next;
        }
        return result;
    }

    private static Set<String> grams(Secret key) {
        var plain = key.reveal();
        var bytes = plain.getBytes(StandardCharsets.UTF_8);
        var grams = new HashSet<String>();
        add(grams, plain);
        add(grams, HexFormat.of().formatHex(bytes));
        for (var offset = 0; offset < 3; offset++) {
            var shifted = new byte[bytes.length + offset];
            System.arraycopy(bytes, 0, shifted, offset, bytes.length);
            var encoded = Base64.getEncoder().withoutPadding().encodeToString(shifted);
            // The first and last characters hold what stands around the key, too.
            var inner = encoded.substring(Math.min(encoded.length(), offset == 0 ? 0 : offset + 1));
            add(grams, inner);
            add(grams, inner.replace('+', '-').replace('/', '_'));
        }
        return grams;
    }

    private static void add(Set<String> grams, String form) {
        var lower = form.toLowerCase(Locale.ROOT);
        for (var i = 0; i + GRAM <= lower.length(); i++) {
            grams.add(lower.substring(i, i + GRAM));
        }
    }

    private static String masked(String text, Set<String> grams) {
        var lower = text.toLowerCase(Locale.ROOT);
        if (lower.length() != text.length()) {
            return masked(lower, grams);
        }
        var result = new StringBuilder(text.length());
        var covered = 0;
        for (var i = 0; i < text.length(); i++) {
            if (i + GRAM <= text.length() && grams.contains(lower.substring(i, i + GRAM))) {
                if (covered <= i) {
                    result.append(MASK);
                }
                covered = i + GRAM;
            }
            if (i >= covered) {
                result.append(text.charAt(i));
            }
        }
        return result.toString();
    }
}
