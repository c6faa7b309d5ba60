package com.alltkn.gateway.exchange.step;

import com.alltkn.gateway.error.ErrorShape;
import com.alltkn.gateway.error.GatewayError;

/// Why a caller gets no answer, or not the rest of one.
///
/// @param error what it is told
/// @param shape how it is told
/// @param failure the reason behind it, from a closed list
public record Refusal(GatewayError error, ErrorShape shape, String failure) {

    /// @param error which needs no look at what is behind it
    /// @return the refusal
    public static Refusal of(GatewayError error) {
        var shape = ErrorShape.of(error);
        return new Refusal(error, shape, shape.errorClass());
    }

    /// @param error what the caller is told
    /// @param failure the reason behind it, from a closed list
    /// @param spent whether the gateway's own tries are spent
    /// @return the refusal
    public static Refusal of(GatewayError error, String failure, boolean spent) {
        var shape = ErrorShape.of(error);
        return new Refusal(error, spent ? shape.triedEnough() : shape, failure);
    }
}
