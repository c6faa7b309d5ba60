package com.alltkn.gateway.caller;

import java.util.OptionalLong;

/// How much a caller may ask at a time. What is empty is not limited.
///
/// @param requestBytes the longest body
/// @param outputTokens the most output tokens of one choice of an answer
/// @param requestsPerMinute the most requests within any minute
/// @param tokensPerMinute the most input and output tokens within any minute
/// @param concurrent the most exchanges under way at once
public record Limits(
        OptionalLong requestBytes,
        OptionalLong outputTokens,
        OptionalLong requestsPerMinute,
        OptionalLong tokensPerMinute,
        OptionalLong concurrent) {

    /// No limit at all.
    public static final Limits NONE =
            new Limits(
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty(),
                    OptionalLong.empty());
}
