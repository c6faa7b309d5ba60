package com.alltkn.gateway.sandbox;

import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;

/// Gives answers an id and a time.
record Stamp(Clock clock) {

    /// A new id of 24 hex digits behind the prefix.
    String id(String prefix) {
        var random = ThreadLocalRandom.current();
        return "%s%016x%08x".formatted(prefix, random.nextLong(), random.nextInt());
    }

    /// Now, in seconds since 1970, as OpenAI counts `created`.
    long created() {
        return clock.instant().getEpochSecond();
    }
}
