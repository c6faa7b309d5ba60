package com.alltkn.gateway.health;

import com.alltkn.gateway.upstream.PromptOutcome;
import java.time.Duration;
import java.time.Instant;

/// What the last small prompt found.
///
/// @param outcome its outcome
/// @param model the model that was asked
/// @param latency how long the answer took
/// @param revision the number of the revision that was asked with
/// @param at when it ended
public record UpstreamHealth(
        PromptOutcome outcome, String model, Duration latency, long revision, Instant at) {}
