package com.alltkn.gateway.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;

/// What runs inside Redis as one atomic step. The text of each, with its keys, arguments and
/// answer, is the resource `redis/<name>.lua`.
public enum Script {
    /// A caller's account.
    ACCOUNT,
    /// Which pods there are.
    FLEET,
    /// Who sends the small prompt.
    PROMPT;

    private final String text;
    private final String digest;

    Script() {
        text = read("/redis/" + name().toLowerCase(Locale.ROOT) + ".lua");
        digest = sha1(text);
    }

    String text() {
        return text;
    }

    /// The name that Redis has for it: the SHA-1 of its text, in hex.
    String digest() {
        return digest;
    }

    private static String read(String resource) {
        try (var stream = Script.class.getResourceAsStream(resource)) {
            return new String(
                    Objects.requireNonNull(stream, resource).readAllBytes(),
                    StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha1(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-1")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }
}
