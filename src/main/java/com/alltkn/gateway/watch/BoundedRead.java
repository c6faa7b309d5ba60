package com.alltkn.gateway.watch;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;

/// One read of one regular file: its bytes, when it was last modified, and whether it stayed the
/// same while it was read.
///
/// @param bytes the content, at most the limit
/// @param lastModified the file system's time
/// @param steady whether size, time and identity were the same before and after
record BoundedRead(byte[] bytes, Instant lastModified, boolean steady) {

    /// @param file what to read; a symbolic link is followed
    /// @param limit how many bytes are allowed
    /// @return the read
    /// @throws TooLargeException if there are more
    /// @throws NotDirectoryException if it is no regular file
    static BoundedRead of(Path file, int limit) throws IOException {
        // The link is resolved once, so that a swap in the middle cannot mix two files.
        var real = file.toRealPath();
        var before = Files.readAttributes(real, BasicFileAttributes.class);
        if (!before.isRegularFile()) {
            throw new NotDirectoryException(file.toString());
        }
        byte[] bytes;
        try (var in = Files.newInputStream(real)) {
            bytes = in.readNBytes(limit + 1);
        }
        if (bytes.length > limit) {
            throw new TooLargeException(file);
        }
        var after = Files.readAttributes(real, BasicFileAttributes.class);
        var steady =
                before.size() == after.size()
                        && before.lastModifiedTime().equals(after.lastModifiedTime())
                        && String.valueOf(before.fileKey()).equals(String.valueOf(after.fileKey()))
                        && after.size() == bytes.length;
        return new BoundedRead(bytes, after.lastModifiedTime().toInstant(), steady);
    }

    static FileChange.Reason reasonOf(IOException failure) {
        return switch (failure) {
            case TooLargeException _ -> FileChange.Reason.TOO_LARGE;
            case NoSuchFileException _ -> FileChange.Reason.ABSENT;
            case AccessDeniedException _ -> FileChange.Reason.DENIED;
            case NotDirectoryException _ -> FileChange.Reason.WRONG_KIND;
            default -> FileChange.Reason.FAILED;
        };
    }

    /// More bytes than allowed.
    static final class TooLargeException extends IOException {
        TooLargeException(Path file) {
            super("more bytes than allowed in " + file);
        }
    }
}
