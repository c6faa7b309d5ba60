package com.alltkn.gateway.rollout;

/// What one small prompt came to: what upstream said of a key and a model at one moment. What that
/// means for the key is for [Evidence] to say.
public sealed interface PromptAnswer {

    /// @return the answer as logs show it
    String word();

    /// @return whether upstream has looked at the request, so that the prompt counts
    default boolean counts() {
        return true;
    }

    /// A usable answer.
    record Good() implements PromptAnswer {

        @Override
        public String word() {
            return "good";
        }
    }

    /// JSON that says that the key is refused.
    ///
    /// @param words upstream's own, without the key
    record KeyRefused(String words) implements PromptAnswer {

        @Override
        public String word() {
            return "key_refused";
        }
    }

    /// A refusal that says nothing of the key: a page, an empty body.
    ///
    /// @param words for people
    record TurnedAway(String words) implements PromptAnswer {

        @Override
        public String word() {
            return "turned_away";
        }
    }

    /// The account's quota is spent.
    ///
    /// @param words upstream's own, without the key
    record QuotaSpent(String words) implements PromptAnswer {

        @Override
        public String word() {
            return "quota";
        }
    }

    /// The model is not to be had.
    ///
    /// @param words upstream's own, without the key
    record ModelUnavailable(String words) implements PromptAnswer {

        @Override
        public String word() {
            return "model_unavailable";
        }
    }

    /// Nothing is known from it.
    ///
    /// @param word why, from a closed list
    /// @param counts whether it was a success, which is paid
    record Nothing(String word, boolean counts) implements PromptAnswer {}
}
