package com.alltkn.gateway.rollout;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the source wants to be active, as far as it had anything usable.
///
/// For one thread at a time.
final class Wanted {

    private @Nullable Revision revision;
    private boolean pinned;
    private boolean refusalTold;

    /// The source holds this.
    ///
    /// @param pinned whether an operator asks for this very version
    void take(Revision revision, boolean pinned) {
        this.revision = revision;
        this.pinned = pinned;
        this.refusalTold = false;
    }

    /// The source holds something that is not usable: whatever was pinned before is not any more.
    void unpin() {
        pinned = false;
    }

    Optional<Revision> revision() {
        return Optional.ofNullable(revision);
    }

    boolean isPinned(Revision other) {
        return pinned && revision != null && revision.sameContentAs(other);
    }

    /// @return whether this is a pin whose refusal was not told yet; from now on it was
    boolean mayTellRefusal(Revision refused) {
        var may = isPinned(refused) && !refusalTold;
        refusalTold |= may;
        return may;
    }
}
