package com.alltkn.gateway.laboratory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Callers files for tests, gone with the process.
public final class MadeUpCallers {

    private MadeUpCallers() {}

    /// A file with one caller, `plain`, who has this key.
    public static Path file(String key) {
        return fileOf(
                """
                callers:
                  - id: plain
                    api-keys: ["sha256:%s"]
                """
                        .formatted(sha256(key)));
    }

    /// A file with this content.
    public static Path fileOf(String yaml) {
        try {
            var file = Files.createTempFile("callers", ".yaml");
            file.toFile().deleteOnExit();
            return Files.writeString(file, yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The hash of a key in hex digits.
    public static String sha256(String key) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
