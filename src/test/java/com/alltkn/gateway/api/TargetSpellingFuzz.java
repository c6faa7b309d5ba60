package com.alltkn.gateway.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/// A target counts as plain exactly if RFC 3986 allows each of its characters, with the brackets in
/// a query that clients send bare; then others can read it too.
public final class TargetSpellingFuzz {

    private static final String CHARACTER = "[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}";
    private static final Pattern PATH = Pattern.compile("(?:" + CHARACTER + ")*+");
    private static final Pattern QUERY = Pattern.compile("(?:" + CHARACTER + "|[?\\[\\]])*+");

    private TargetSpellingFuzz() {}

    /// Fails if something does not hold for these bytes.
    public static void check(byte[] input) {
        var target = new String(input, ISO_8859_1);
        var mark = target.indexOf('?');
        var path = mark < 0 ? target : target.substring(0, mark);
        var query = mark < 0 ? "" : target.substring(mark + 1);

        var spelling = TargetSpelling.of(target);

        assertThat(spelling)
                .isEqualTo(
                        !PATH.matcher(path).matches()
                                ? TargetSpelling.ODD_PATH
                                : !QUERY.matcher(query).matches()
                                        ? TargetSpelling.ODD_QUERY
                                        : TargetSpelling.PLAIN);
        if (spelling == TargetSpelling.PLAIN && target.startsWith("/")) {
            checkOthers(target, path);
        }
    }

    private static void checkOthers(String target, String path) {
        try {
            assertThat(new URI("http://host" + target).getRawPath()).isEqualTo(path);
        } catch (URISyntaxException e) {
            throw new AssertionError("no URI", e);
        }
    }
}
