package com.alltkn.gateway.openai;

/// What an answer has used, as the upstream counted it.
///
/// @param inputTokens tokens of the prompt, cached ones included
/// @param outputTokens tokens of the answer, reasoning included; 0 for embeddings
public record Usage(long inputTokens, long outputTokens) {

    /// Checks the counts.
    public Usage {
        if (inputTokens < 0 || outputTokens < 0) {
            throw new IllegalArgumentException(
                    "usage is negative: " + inputTokens + ", " + outputTokens);
        }
    }
}
