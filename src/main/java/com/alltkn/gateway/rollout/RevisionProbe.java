package com.alltkn.gateway.rollout;

/// Asks upstream with settings that need not carry any request. Each call asks once and blocks for
/// some seconds at most; called by one thread at a time.
public interface RevisionProbe {

    /// Asks one small prompt.
    ///
    /// @param settings the key and address to ask with
    /// @param model the model to ask for
    /// @return what came of it
    PromptAnswer ask(Settings settings, String model);

    /// Asks which models there are, which is no prompt and costs nothing.
    ///
    /// @param settings the key and address to ask with
    /// @return their names
    ModelList models(Settings settings);
}
