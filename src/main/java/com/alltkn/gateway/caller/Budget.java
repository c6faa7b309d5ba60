package com.alltkn.gateway.caller;

import java.util.OptionalLong;

/// How much a caller may use in all, input and output tokens together. What is empty is not
/// limited. Days and months are those of UTC.
///
/// @param dailyTokens within a day
/// @param monthlyTokens within a month
public record Budget(OptionalLong dailyTokens, OptionalLong monthlyTokens) {

    /// No budget: use as much as there is.
    public static final Budget NONE = new Budget(OptionalLong.empty(), OptionalLong.empty());
}
