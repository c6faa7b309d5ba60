package com.alltkn.gateway.caller;

import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.Mappings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;

/// Callers in a file that changes when a test says so, for tests of those who follow them.
public final class MadeUpDirectory {

    private final Path file;
    private final CallerDirectory directory;

    /// @param yaml the file's content
    public MadeUpDirectory(String yaml) {
        file = MadeUpCallers.fileOf(yaml);
        directory =
                new CallerDirectory(
                        Mappings.read(
                                CallersConfig.class,
                                Map.of("gateway.callers.file", file.toString())),
                        false,
                        InstantSource.system());
    }

    /// @return a directory that is sound and never changes
    public static CallerDirectory ofOneCaller() {
        return new CallerDirectory(
                Mappings.read(
                        CallersConfig.class, Map.of("gateway.callers.development-key", "a-key")),
                false,
                InstantSource.system());
    }

    /// @return what follows the file
    public CallerDirectory directory() {
        return directory;
    }

    /// Replaces the file's content and has it looked at.
    ///
    /// @param yaml the file's content
    public void change(String yaml) {
        try {
            Files.writeString(file, yaml);
            // A file that was written just now may still be being written.
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        directory.look();
    }
}
