package com.alltkn.gateway.rollout;

import java.time.Duration;
import java.util.Optional;

/// How long a revision lets upstream take. What is empty is as the process has it.
///
/// @param connect until a connection stands
/// @param firstByte until a stream's first byte
/// @param idle between two bytes
/// @param stream a stream or an upload in all
public record Clocks(
        Optional<Duration> connect,
        Optional<Duration> firstByte,
        Optional<Duration> idle,
        Optional<Duration> stream) {

    /// All of them as the process has them.
    public static final Clocks OF_THE_PROCESS =
            new Clocks(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
}
