package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Parsing.Rejected;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the source wants to be active, as far as it had anything usable, and what is wrong with
/// that.
///
/// For one thread at a time.
final class Wanted {

    private @Nullable Revision revision;
    private boolean pinned;
    private @Nullable Unusable unusable;
    private @Nullable String astray;

    /// The source holds this.
    ///
    /// @param revision what it comes to
    /// @param pinned whether an operator asks for this very version
    void take(Revision revision, boolean pinned) {
        this.revision = revision;
        this.pinned = pinned;
        this.unusable = null;
    }

    /// The source holds something that is not usable: whatever was pinned before is not any more.
    void take(Unusable unusable) {
        this.pinned = false;
        this.unusable = unusable;
    }

    /// A pin leads nowhere.
    ///
    /// @param detail for people; null where none does
    void astray(@Nullable String detail) {
        astray = detail;
    }

    Optional<Revision> revision() {
        return Optional.ofNullable(revision);
    }

    boolean isPinned(Revision other) {
        return pinned && revision != null && revision.sameContentAs(other);
    }

    /// @return what the source holds, if that is not usable
    Optional<Unusable> unusable() {
        return Optional.ofNullable(unusable);
    }

    /// @return where a pin leads nowhere, as people are told
    Optional<String> astray() {
        return Optional.ofNullable(astray);
    }

    /// What parses to no settings.
    ///
    /// @param number the source's number for it
    /// @param pinned whether an operator asks for this very version
    /// @param rejected why not
    record Unusable(long number, boolean pinned, Rejected rejected) {}
}
