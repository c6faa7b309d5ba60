package com.alltkn.gateway.watch;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;

/// One file, looked at whenever somebody asks. It goes by content, so it does not matter how a new
/// content gets there: written in place, renamed over the old one as editors do, or swapped through
/// a symbolic link as Kubernetes does with `..data`. A content that is still being written is not
/// reported; it is looked at again at the next poll.
///
/// Blocks while reading. For one thread at a time.
public final class WatchedFile {

    /// The most that is read; a larger file is refused whole. A settings or callers file is a few
    /// kilobytes, and Kubernetes does not store more than this in one Secret.
    public static final int MAX_BYTES = 1024 * 1024;

    private final Path path;
    private final Settling settling;

    /// @param path the file; need not exist yet
    /// @param clock the time to compare the file's with
    public WatchedFile(Path path, InstantSource clock) {
        this.path = path;
        this.settling = new Settling(clock);
    }

    /// Looks once.
    ///
    /// @return what was found
    public FileChange<byte[]> poll() {
        try {
            var read = BoundedRead.of(path, MAX_BYTES);
            if (!read.steady()) {
                return settling.unsettled();
            }
            var digest = Settling.newDigest();
            digest.update(read.bytes());
            return settling.settle(Settling.hex(digest), read.lastModified(), read.bytes());
        } catch (IOException e) {
            return settling.unreadable(BoundedRead.reasonOf(e));
        }
    }
}
