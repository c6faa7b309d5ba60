package com.alltkn.gateway.health;

import com.alltkn.gateway.upstream.PromptOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// What the last small prompt found, be it of the schedule or the one that proved the revision.
///
/// @param outcome its outcome
/// @param model the model that was asked
/// @param latency how long the answer took; empty where the prompt that proved the revision stands
///   for it
/// @param revision the number of the revision that was asked with
/// @param at when it ended
public record UpstreamHealth(
        PromptOutcome outcome,
        String model,
        Optional<Duration> latency,
        long revision,
        Instant at) {}
