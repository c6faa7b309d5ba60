package com.alltkn.gateway.rollout;

import org.jspecify.annotations.Nullable;

/// Where the gateway stands between two revisions. Each state is a value that offers only the
/// transitions that are legal from it; once there is an active revision no transition leads to a
/// state without one, so a change in progress never leaves a request without settings.
sealed interface Rollout {

    /// @return the revision that carries requests, or null while there is none yet
    @Nullable Revision activeOrNull();

    /// @return what is being proven, or tried out with a share of the requests; null where nothing
    ///   is
    default @Nullable Revision candidateOrNull() {
        return switch (this) {
            case Verifying(_, var candidate) -> candidate;
            case Canary(_, var candidate) -> candidate;
            case Starting _, Unproven _, Settled _, Probation _ -> null;
        };
    }

    /// @return the name that people see
    Stage stage();

    /// No revision yet.
    record Starting() implements Rollout {

        @Override
        public @Nullable Revision activeOrNull() {
            return null;
        }

        @Override
        public Stage stage() {
            return Stage.STARTING;
        }

        Settled adopt(Revision proven) {
            return new Settled(proven);
        }

        Unproven makeDo(Revision undecided) {
            return new Unproven(undecided);
        }
    }

    /// Nothing could be proven, so the newest that parses carries requests until something can.
    ///
    /// @param active carries every request
    record Unproven(Revision active) implements Rollout {

        @Override
        public Revision activeOrNull() {
            return active;
        }

        @Override
        public Stage stage() {
            return Stage.UNPROVEN;
        }

        Settled prove() {
            return new Settled(active);
        }

        /// Without a probation: there is nothing good to return to.
        Settled giveWayTo(Revision proven) {
            return new Settled(proven);
        }

        Unproven renumber(Revision same) {
            return new Unproven(active.renumberedAs(same));
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

        @Override
        public Stage stage() {
            return Stage.SETTLED;
        }

        Verifying verify(Revision candidate) {
            return new Verifying(active, candidate);
        }

        Settled renumber(Revision same) {
            return new Settled(active.renumberedAs(same));
        }
    }

    /// Another content was seen and is not proven yet.
    ///
    /// @param active carries every request
    /// @param candidate carries none
    record Verifying(Revision active, Revision candidate) implements Rollout {

        @Override
        public Revision activeOrNull() {
            return active;
        }

        @Override
        public Stage stage() {
            return Stage.VERIFYING;
        }

        Canary share() {
            return new Canary(active, candidate);
        }

        Probation promote() {
            return new Probation(candidate, active);
        }

        Settled giveUp() {
            return new Settled(active);
        }

        Verifying instead(Revision other) {
            return new Verifying(active, other);
        }

        Verifying renumber(Revision same) {
            return new Verifying(active.renumberedAs(same), candidate);
        }
    }

    /// A candidate is proven, and carries a share of the requests so that the two can be compared.
    ///
    /// @param active carries the others
    /// @param candidate carries as many percent of them as its settings say
    record Canary(Revision active, Revision candidate) implements Rollout {

        @Override
        public Revision activeOrNull() {
            return active;
        }

        @Override
        public Stage stage() {
            return Stage.CANARY;
        }

        int percent() {
            return candidate.settings().canaryPercent();
        }

        Probation promote() {
            return new Probation(candidate, active);
        }

        Settled giveUp() {
            return new Settled(active);
        }

        /// An operator asks for a certain version; that ends the comparison.
        Verifying interrupt(Revision pinned) {
            return new Verifying(active, pinned);
        }

        Canary renumber(Revision same) {
            return new Canary(active.renumberedAs(same), candidate);
        }

        Canary renumberCandidate(Revision same) {
            return new Canary(active, candidate.renumberedAs(same));
        }
    }

    /// A candidate was promoted, and the one before it is kept to return to.
    ///
    /// @param active carries every request
    /// @param previous carried them before
    record Probation(Revision active, Revision previous) implements Rollout {

        @Override
        public Revision activeOrNull() {
            return active;
        }

        @Override
        public Stage stage() {
            return Stage.PROBATION;
        }

        Settled confirm() {
            return new Settled(active);
        }

        Settled rollBack() {
            return new Settled(previous);
        }

        /// An operator asks for something else; that ends the wait.
        Verifying interrupt(Revision candidate) {
            return new Verifying(active, candidate);
        }

        Probation renumber(Revision same) {
            return new Probation(active.renumberedAs(same), previous);
        }
    }
}
