package com.alltkn.gateway.laboratory;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Looks for secrets in texts, in the shapes in which they get about: plain, inside base64 at any
/// of its three offsets, URL-encoded, as hex digits, and with every character escaped as in JSON.
public final class SecretScan {

    private final Map<String, String> shapes = new LinkedHashMap<>();

    /// Looks for one more.
    ///
    /// @param name how a hit is called
    /// @param secret at least 12 characters, so that no part of it is found by chance
    public SecretScan add(String name, String secret) {
        if (secret.length() < 12) {
            throw new IllegalArgumentException("too short to be looked for: " + name);
        }
        shapes.put(name + " plain", secret);
        for (var offset = 0; offset < 3; offset++) {
            shapes.put(name + " base64 at " + offset, base64(secret, offset));
            shapes.put(
                    name + " URL base64 at " + offset,
                    base64(secret, offset).replace('+', '-').replace('/', '_'));
        }
        shapes.put(name + " URL", URLEncoder.encode(secret, StandardCharsets.UTF_8));
        shapes.put(name + " URL, every byte", hex(secret, "%", true));
        shapes.put(name + " hex", hex(secret, "", false));
        shapes.put(name + " upper hex", hex(secret, "", true));
        shapes.put(name + " hex with spaces", hex(secret, " ", false).strip());
        shapes.put(name + " JSON", json(secret));
        return this;
    }

    /// What was found.
    ///
    /// @param where how the text is called
    /// @param text where to look
    /// @return a line for each secret and shape
    public List<String> in(String where, String text) {
        var hits = new ArrayList<String>();
        shapes.forEach((name, shape) -> {
            var at = text.indexOf(shape);
            if (at >= 0) {
                var line = text.lastIndexOf('\n', at) + 1;
                hits.add(
                        where
                                + " holds "
                                + name
                                + ": "
                                + text.substring(line, Math.min(at, line + 200)));
            }
        });
        return hits;
    }

    /// The characters of base64 that are the same wherever the secret stands in what was encoded.
    private static String base64(String secret, int offset) {
        var bytes = secret.getBytes(StandardCharsets.UTF_8);
        var shifted = new byte[offset + bytes.length];
        System.arraycopy(bytes, 0, shifted, offset, bytes.length);
        var whole = Arrays.copyOf(shifted, shifted.length / 3 * 3);
        var text = Base64.getEncoder().encodeToString(whole);
        // The first group of four also holds bits of what stands before.
        return offset == 0 ? text : text.substring(4);
    }

    private static String hex(String secret, String before, boolean upper) {
        var format = HexFormat.of().withPrefix(before);
        return (upper ? format.withUpperCase() : format)
                .formatHex(secret.getBytes(StandardCharsets.UTF_8));
    }

    private static String json(String secret) {
        return secret.chars()
                .mapToObj(c -> String.format(Locale.ROOT, "\\u%04x", c))
                .collect(Collectors.joining());
    }
}
