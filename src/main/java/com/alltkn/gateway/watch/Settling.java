package com.alltkn.gateway.watch;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Decides when a content that was read is whole and new.
///
/// A writer may be half-way through when a read happens, and half a key looks like a key. So a
/// content counts only if it was last modified at least [#QUIET] ago, or if the read before saw the
/// very same: the first makes an old file good at once, the second needs no agreement between the
/// file system's clock and this process'. Either way a content that stays is reported at the next
/// poll at the latest.
///
/// For one thread at a time.
final class Settling {

    // Longer than the pauses of a writer that is not stuck, shorter than any poll interval in use.
    static final Duration QUIET = Duration.ofSeconds(1);

    private final InstantSource clock;
    private @Nullable String reported;
    private @Nullable String pending;
    private long generation;

    Settling(InstantSource clock) {
        this.clock = clock;
    }

    <C> FileChange<C> settle(String digest, Instant lastModified, C content) {
        if (digest.equals(reported)) {
            pending = null;
            return new FileChange.Unchanged<>();
        }
        var quiet = !lastModified.isAfter(clock.instant().minus(QUIET));
        if (!quiet && !digest.equals(pending)) {
            pending = digest;
            return new FileChange.Unchanged<>();
        }
        pending = null;
        reported = digest;
        generation++;
        return new FileChange.Changed<>(content, generation);
    }

    <C> FileChange<C> unsettled() {
        pending = null;
        return new FileChange.Unchanged<>();
    }

    <C> FileChange<C> unreadable(FileChange.Reason reason) {
        pending = null;
        return new FileChange.Unreadable<>(reason);
    }

    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
