package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.OptionalLong;

/// A field of a request that bounds its answer, where it stands in the body.
///
/// @param field which one
/// @param tokens its value; empty where it is `null`
/// @param from where the value begins
/// @param to where it ends
record OutputLimit(Field field, OptionalLong tokens, int from, int to) {

    /// The names that such a field has.
    enum Field {
        MAX_TOKENS("max_tokens"),
        MAX_COMPLETION_TOKENS("max_completion_tokens"),
        MAX_OUTPUT_TOKENS("max_output_tokens");

        private final String word;
        private final byte[] key;

        Field(String word) {
            this.word = word;
            this.key = word.getBytes(US_ASCII);
        }

        String word() {
            return word;
        }

        byte[] key() {
            return key;
        }
    }
}
