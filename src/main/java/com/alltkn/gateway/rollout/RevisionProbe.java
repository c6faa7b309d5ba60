package com.alltkn.gateway.rollout;

/// Asks upstream one small prompt with settings that carry no request yet.
public interface RevisionProbe {

    /// Asks once. Blocks for some seconds at most; called by one thread at a time.
    ///
    /// @param settings the key, address and model to ask with
    /// @return what came of it
    Verdict ask(Settings settings);
}
