package com.alltkn.gateway.health;

import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.upstream.PromptOutcome;
import java.time.Duration;
import java.util.Optional;

/// Whose turn it is to send the small prompt, so that one pod asks for all.
public interface PromptTurns {

    /// Every pod asks for itself.
    PromptTurns OWN =
            new PromptTurns() {
                @Override
                public Turn next(Revision revision) {
                    return new Turn.Ask();
                }

                @Override
                public void found(Revision revision, Finding finding) {}
            };

    /// Tells what to do about a prompt that is due here. May block for a moment.
    ///
    /// @param revision the one to ask with
    Turn next(Revision revision);

    /// Lets the others know.
    ///
    /// @param revision the one that was asked with
    /// @param finding what came of it
    void found(Revision revision, Finding finding);

    /// What a prompt found.
    ///
    /// @param outcome its outcome
    /// @param latency how long the answer took; empty if unknown
    record Finding(PromptOutcome outcome, Optional<Duration> latency) {}

    /// What to do.
    sealed interface Turn {

        /// It is this pod's turn.
        record Ask() implements Turn {}

        /// Another pod is asking: look again soon.
        record Wait() implements Turn {}

        /// Another pod has asked, and that is enough.
        ///
        /// @param finding what came of it
        /// @param age how long ago
        record Known(Finding finding, Duration age) implements Turn {}
    }
}
