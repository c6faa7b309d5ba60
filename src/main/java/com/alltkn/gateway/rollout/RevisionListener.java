package com.alltkn.gateway.rollout;

import org.jspecify.annotations.Nullable;

/// Told of everything that happens to revisions, in order and on the thread that caused it, which
/// is never an event loop. What a listener throws is logged and stops nothing.
public interface RevisionListener {

    /// Requests that begin from now on are carried by another content.
    ///
    /// @param now carries requests
    /// @param before carried them until now; null for the first
    default void promoted(Revision now, @Nullable Revision before) {}

    /// The same, for whoever wants to know how it came to that.
    ///
    /// @param now carries requests
    /// @param before carried them until now; null for the first
    /// @param how what speaks for it
    default void promoted(Revision now, @Nullable Revision before, Promotion how) {
        promoted(now, before);
    }

    /// The active revision served unproven, and a prompt has proven it now.
    ///
    /// @param active goes on carrying requests
    default void proven(Revision active) {}

    /// The rollout is in another state.
    ///
    /// @param stage the state
    /// @param candidate what is being proven, or tried out with a share of the requests; null where
    ///   nothing is
    default void entered(Stage stage, @Nullable Revision candidate) {}

    /// A prompt was asked to verify a revision. Told for every such prompt.
    ///
    /// @param revision what it was asked with
    /// @param verdict what came of it
    default void verified(Revision revision, Verdict verdict) {}

    /// A prompt was asked to confirm what was met elsewhere: what another key or another model is
    /// answered. Told for every such prompt.
    ///
    /// @param revision what it was asked with
    /// @param model the model that was asked for
    /// @param answer what came of it
    default void confirmed(Revision revision, String model, PromptAnswer answer) {}

    /// Somebody has to act, until [Revisions#view()] has it no longer. Told once per cause.
    ///
    /// @param alarm what it is about
    /// @param sentence for people; never holds the key
    default void raised(Alarm alarm, String sentence) {}

    /// The active content has another number; nothing else changed.
    ///
    /// @param now with the new number
    /// @param before with the old one
    default void renumbered(Revision now, Revision before) {}

    /// A content will not carry requests. Told once per content.
    ///
    /// @param number the source's number for it
    /// @param source the name of the source
    /// @param reason why
    /// @param sentence for people; never holds the key
    default void rejected(long number, String source, RejectionReason reason, String sentence) {}

    /// A read gave nothing. Told for every such read.
    ///
    /// @param reason why
    /// @param detail for people; never holds a secret
    default void sourceUnavailable(SourceFailure reason, String detail) {}

    /// A read was answered, with or without anything new. Told for every such read.
    default void sourceAvailable() {}
}
