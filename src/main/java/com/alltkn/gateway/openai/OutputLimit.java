package com.alltkn.gateway.openai;

import java.math.BigDecimal;

/// A field of a request that bounds its answer, where it stands in the body.
///
/// @param field which one
/// @param amount its value
/// @param from where the value begins
/// @param to where it ends
record OutputLimit(Field field, Amount amount, int from, int to) {

    /// The names that such a field has: of the operations of OpenAI's, and what engines behind an
    /// aggregator read in their place.
    enum Field {
        MAX_TOKENS("max_tokens"),
        MAX_COMPLETION_TOKENS("max_completion_tokens"),
        MAX_OUTPUT_TOKENS("max_output_tokens"),
        MAX_NEW_TOKENS("max_new_tokens"),
        MAX_TOKENS_TO_SAMPLE("max_tokens_to_sample"),
        N_PREDICT("n_predict");

        private final String word;

        Field(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    /// How much a field asks for.
    sealed interface Amount {

        /// No amount needs more characters, and what it takes to read a number grows faster than
        /// its length.
        int LONGEST_NUMBER = 64;

        /// So many.
        ///
        /// @param number 0 or more; the largest long for whatever is larger
        record Exact(long number) implements Amount {}

        /// As many as there are: `null`, or -1 as several engines have it.
        record Unbounded() implements Amount {}

        /// What servers read differently: a fraction, another negative number, no number at all.
        record Unclear() implements Amount {}

        /// Reads a value. A whole number may be written in any way, such as `1e2`.
        ///
        /// @param json the value as it stands in the body, valid JSON
        static Amount of(String json) {
            if (json.equals("null")) {
                return new Unbounded();
            }
            if (json.length() > LONGEST_NUMBER) {
                return new Unclear();
            }
            try {
                var number = new BigDecimal(json);
                if (number.compareTo(BigDecimal.ONE.negate()) == 0) {
                    return new Unbounded();
                }
                if (number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
                    return new Unclear();
                }
                return new Exact(
                        number.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
                                ? Long.MAX_VALUE
                                : number.longValue());
            } catch (ArithmeticException | NumberFormatException e) {
                // No number, or one whose exponent is past all bounds.
                return new Unclear();
            }
        }
    }
}
