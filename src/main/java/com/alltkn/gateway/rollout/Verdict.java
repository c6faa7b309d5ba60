package com.alltkn.gateway.rollout;

/// What is known of a revision's key after a small prompt and, where that was refused, after what
/// others were answered at that moment.
public sealed interface Verdict {

    /// @return the verdict as logs and meters show it
    String word();

    /// @return what it rests on, for people; never holds the key
    default String words() {
        return "";
    }

    /// @return whether it is the same as another, whatever the words
    default boolean isLike(Verdict other) {
        return word().equals(other.word());
    }

    /// Upstream gave a usable answer.
    record Good() implements Verdict {

        @Override
        public String word() {
            return "good";
        }
    }

    /// Upstream refused the key, and it is the key's own fault: the refusal counts.
    ///
    /// @param words upstream's own, and what speaks against the key beside them
    record Refused(String words) implements Verdict {

        @Override
        public String word() {
            return "refused";
        }
    }

    /// Upstream refuses, and the key need not have anything to do with it.
    ///
    /// @param cause what it looks like
    /// @param words upstream's own, and what speaks for the key beside them
    record RefusedForNow(Cause cause, String words) implements Verdict {

        @Override
        public String word() {
            return "refused_for_now";
        }

        @Override
        public boolean isLike(Verdict other) {
            return other instanceof RefusedForNow(var cause, _) && cause == this.cause;
        }
    }

    /// The account's quota is spent, which says nothing about the key.
    ///
    /// @param words upstream's own
    record QuotaSpent(String words) implements Verdict {

        @Override
        public String word() {
            return "quota";
        }
    }

    /// The model is not to be had, which says nothing about the key.
    ///
    /// @param words upstream's own
    record ModelUnavailable(String words) implements Verdict {

        @Override
        public String word() {
            return "model_unavailable";
        }
    }

    /// Nothing is known yet.
    ///
    /// @param word why, from a closed list
    /// @param paid whether it was a success
    record Undecided(String word, boolean paid) implements Verdict {}

    /// Why a refusal does not count.
    enum Cause {
        /// More than one model is refused, but nothing proven can be asked: it may well be the key.
        KEY,
        /// Whoever is asked is refused, or one model is, or it says nothing of a key.
        AUTH,
        /// The account has nothing left.
        QUOTA,
        /// The model is not to be had.
        MODEL
    }
}
