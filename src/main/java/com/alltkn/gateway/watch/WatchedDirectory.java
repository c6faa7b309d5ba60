package com.alltkn.gateway.watch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// A directory with one file per name, such as Kubernetes makes of a Secret; only the names asked
/// for are read, and all of them together are one content.
///
/// Kubernetes writes a new version into a fresh directory and then swings the symbolic link
/// `..data` over to it. Where that link exists everything is read through where it led at the
/// beginning, and counts only if it still leads there at the end: old and new values never mix.
/// Without it, all files together must have settled.
///
/// Blocks while reading. For one thread at a time.
public final class WatchedDirectory {

    private static final String KUBERNETES_LINK = "..data";

    private final Path path;
    private final Set<String> names;
    private final Settling settling;

    /// @param path the directory; need not exist yet
    /// @param names the files to read; others are ignored, absent ones are left out
    /// @param clock the time to compare the files' with
    public WatchedDirectory(Path path, Set<String> names, InstantSource clock) {
        this.path = path;
        this.names = Set.copyOf(names);
        this.settling = new Settling(clock);
    }

    /// Looks once.
    ///
    /// @return what was found: bytes by name, at most [WatchedFile#MAX_BYTES] in all
    public FileChange<Map<String, byte[]>> poll() {
        try {
            var link = path.resolve(KUBERNETES_LINK);
            var atomic = Files.isSymbolicLink(link);
            var directory = (atomic ? link : path).toRealPath();
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw new NotDirectoryException(path.toString());
            }
            var snapshot = read(directory);
            if (!snapshot.steady || (atomic && !directory.equals(link.toRealPath()))) {
                return settling.unsettled();
            }
            return settling.settle(
                    snapshot.digest(),
                    atomic ? Instant.MIN : snapshot.lastModified,
                    snapshot.files);
        } catch (IOException e) {
            return settling.unreadable(BoundedRead.reasonOf(e));
        }
    }

    private Snapshot read(Path directory) throws IOException {
        var files = new TreeMap<String, byte[]>();
        // A file that was taken away leaves its trace only in the directory's own time.
        var newest = Files.getLastModifiedTime(directory).toInstant();
        var steady = true;
        var left = WatchedFile.MAX_BYTES;
        for (var name : names) {
            try {
                var read = BoundedRead.of(directory.resolve(name), left);
                left -= read.bytes().length;
                steady &= read.steady();
                newest = read.lastModified().isAfter(newest) ? read.lastModified() : newest;
                files.put(name, read.bytes());
            } catch (NoSuchFileException absent) {
                files.remove(name);
            }
        }
        return new Snapshot(Collections.unmodifiableMap(files), newest, steady);
    }

    private record Snapshot(Map<String, byte[]> files, Instant lastModified, boolean steady) {

        String digest() {
            var digest = Settling.newDigest();
            files.forEach((name, bytes) -> {
                var length = ByteBuffer.allocate(2 * Integer.BYTES);
                digest.update(length.putInt(name.length()).putInt(bytes.length).flip());
                digest.update(name.getBytes(StandardCharsets.UTF_8));
                digest.update(bytes);
            });
            return Settling.hex(digest);
        }
    }
}
