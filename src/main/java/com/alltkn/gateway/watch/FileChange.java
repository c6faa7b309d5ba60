package com.alltkn.gateway.watch;

/// What one look at a watched file or directory found.
///
/// @param <C> the content: `byte[]` of a file, a map from name to bytes of a directory
public sealed interface FileChange<C> {

    /// Nothing new: the content reported last still stands, or a newer one is not yet settled and
    /// will be looked at again.
    ///
    /// @param <C> the content
    record Unchanged<C>() implements FileChange<C> {}

    /// A content other than the one reported before. It belongs to the receiver: the watcher keeps
    /// no more than a digest.
    ///
    /// @param content what is there now
    /// @param generation how many contents were reported so far, this one included; from 1
    /// @param <C> the content
    record Changed<C>(C content, long generation) implements FileChange<C> {}

    /// Nothing could be read. The content reported last says nothing about what is there now.
    ///
    /// @param reason why
    /// @param <C> the content
    record Unreadable<C>(Reason reason) implements FileChange<C> {}

    /// Why nothing could be read.
    enum Reason {
        /// Nothing has that name, or a symbolic link leads nowhere.
        ABSENT,
        /// A directory where a file is watched, a file where a directory is, or neither.
        WRONG_KIND,
        /// More than [WatchedFile#MAX_BYTES].
        TOO_LARGE,
        /// The operating system does not let this process read it.
        DENIED,
        /// Any other failure of the file system.
        FAILED
    }
}
