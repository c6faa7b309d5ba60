package com.alltkn.gateway.rollout;

/// What one small prompt says about a revision.
public sealed interface Verdict {

    /// @return the verdict as logs and meters show it
    String word();

    /// @return whether upstream looked at the key and answered: 2xx, 401 or 403
    boolean answered();

    /// Upstream gave a usable answer.
    record Good() implements Verdict {

        @Override
        public String word() {
            return "good";
        }

        @Override
        public boolean answered() {
            return true;
        }
    }

    /// Upstream refused the key: 401 or 403.
    record Refused() implements Verdict {

        @Override
        public String word() {
            return "refused";
        }

        @Override
        public boolean answered() {
            return true;
        }
    }

    /// The account's quota is spent, which says nothing about the key.
    record QuotaSpent() implements Verdict {

        @Override
        public String word() {
            return "quota";
        }

        @Override
        public boolean answered() {
            return false;
        }
    }

    /// Nothing is known yet.
    ///
    /// @param word why, from a closed list
    /// @param answered whether it was a 2xx, which is paid
    record Undecided(String word, boolean answered) implements Verdict {}
}
