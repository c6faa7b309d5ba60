package com.alltkn.gateway.rollout;

/// What reading a source's fields came to.
public sealed interface Parsing {

    /// The fields make settings.
    ///
    /// @param settings the settings
    record Parsed(Settings settings) implements Parsing {}

    /// The fields make no settings.
    ///
    /// @param reason the first rule that was broken
    /// @param sentence for people: names the setting and its source, never the key's value
    record Rejected(RejectionReason reason, String sentence) implements Parsing {}
}
