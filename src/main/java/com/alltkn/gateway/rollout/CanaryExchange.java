package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.util.Optional;

/// An exchange that ended while a candidate was tried out.
///
/// @param content the content that was bound
/// @param caller the caller's id
/// @param kind what was asked for, from a closed list: only the same is compared
/// @param outcome how it ended
/// @param latency from its beginning to its end
/// @param timeToFirstByte from its beginning to the first byte of upstream's answer
public record CanaryExchange(
        Settings.ContentId content,
        String caller,
        String kind,
        CanaryOutcome outcome,
        Duration latency,
        Optional<Duration> timeToFirstByte) {}
