package com.alltkn.gateway.error;

/// Carries a [GatewayError] through code that cannot do anything about it.
public final class GatewayException extends RuntimeException {

    private final transient GatewayError error;

    /// @param error what the caller is told
    public GatewayException(GatewayError error) {
        super(ErrorShape.of(error).errorClass(), null, false, false);
        this.error = error;
    }

    /// @return what the caller is told
    public GatewayError error() {
        return error;
    }
}
