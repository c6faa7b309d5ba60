package com.alltkn.gateway.upstream;

/// How often an exchange asked upstream.
///
/// @param attempts calls upstream
/// @param retries calls of the same again, planned or made
/// @param fallbacks changes of the model
public record Effort(int attempts, int retries, int fallbacks) {

    /// None yet.
    public static final Effort NONE = new Effort(0, 0, 0);

    /// @return one call more
    public Effort attempt() {
        return new Effort(attempts + 1, retries, fallbacks);
    }

    /// @return one retry more
    public Effort retry() {
        return new Effort(attempts, retries + 1, fallbacks);
    }

    /// @return one change of the model more
    public Effort fallback() {
        return new Effort(attempts, retries, fallbacks + 1);
    }
}
