package com.alltkn.gateway.rollout;

import org.jspecify.annotations.Nullable;

/// Where the gateway stands with its revisions. Each state is a value that offers only the
/// transitions that are legal from it; once there is an active revision no transition leads to a
/// state without one.
sealed interface Rollout {

    /// @return the revision that carries requests, or null while there is none yet
    @Nullable Revision activeOrNull();

    /// No revision yet.
    record Starting() implements Rollout {

        @Override
        public @Nullable Revision activeOrNull() {
            return null;
        }

        Settled adopt(Revision first) {
            return new Settled(first);
        }
    }

    /// One revision, and nothing under way.
    ///
    /// @param active carries every request
    record Settled(Revision active) implements Rollout {

        @Override
        public Revision activeOrNull() {
            return active;
        }

        Settled adopt(Revision next) {
            return new Settled(next);
        }
    }
}
