package com.alltkn.gateway.exchange.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.PathMatch;
import java.util.List;
import java.util.regex.Pattern;

/// No target is read as a path of ours that another server could take for a different one: no dot
/// segments, empty segments or second encoding, in any spelling.
public final class RequestTargetFuzz {

    private static final List<String> METHODS = List.of("GET", "POST", "DELETE", "get", "");
    private static final Pattern ENCODED = Pattern.compile("%([0-9A-Fa-f]{2})");

    private RequestTargetFuzz() {}

    /// Fails if something does not hold for these bytes.
    public static void check(byte[] input) {
        var uri = new String(input, ISO_8859_1);
        var target = RequestTarget.of(uri);
        target.ifPresent(t -> {
            assertThat(t.path()).startsWith("/").doesNotContain("?", "#");
            assertThat(t.pathAndQuery()).startsWith(t.path());
            assertThat(uri).endsWith("/v1" + t.pathAndQuery());
        });
        // The bare text too, for what matches must be safe by itself.
        for (var path : List.of(target.map(RequestTarget::path).orElse(uri), uri)) {
            for (var method : METHODS) {
                if (Endpoint.match(method, path) instanceof PathMatch.Found(var endpoint)) {
                    assertThat(method).isEqualTo(endpoint.method());
                    checkPath(path, endpoint);
                }
            }
        }
    }

    private static void checkPath(String path, Endpoint endpoint) {
        var isModel = endpoint.label().startsWith("models/");
        var form = "(?s)/" + endpoint.label().replace("{id}", isModel ? ".+" : "[^/]+");
        assertThat(path).matches(form).matches("[!-~]+").doesNotContain("?", "#");
        var decoded = decoded(path);
        assertThat(decoded(decoded)).isEqualTo(decoded);
        assertThat(decoded).matches(form);
        assertThat(decoded).doesNotContain("\\", ";", "//");
        assertThat(decoded.chars().noneMatch(c -> c < ' ' || c == 0x7F)).isTrue();
        assertThat(decoded.substring(1).split("/", -1)).doesNotContain(".", "..", "");
    }

    private static String decoded(String path) {
        return ENCODED.matcher(path)
                .replaceAll(match -> {
                    var c = (char) Integer.parseInt(match.group(1), 16);
                    return c == '\\' || c == '$' ? "\\" + c : String.valueOf(c);
                });
    }
}
