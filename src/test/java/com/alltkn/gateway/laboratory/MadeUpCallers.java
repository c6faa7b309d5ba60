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
        try {
            var file = Files.createTempFile("callers", ".yaml");
            file.toFile().deleteOnExit();
            var digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(key.getBytes(StandardCharsets.UTF_8));
            return Files.writeString(
                    file,
                    """
                    callers:
                      - id: plain
                        api-keys: ["sha256:%s"]
                    """
                            .formatted(HexFormat.of().formatHex(digest)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
