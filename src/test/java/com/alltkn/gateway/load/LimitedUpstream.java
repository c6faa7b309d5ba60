package com.alltkn.gateway.load;

import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;

/// An upstream that can do so much and no more: it works at a number of requests at once, each for
/// a time that lies anywhere between two bounds.
///
/// @param slots how many requests it works at
/// @param shortest the least time that one takes
/// @param longest the most
record LimitedUpstream(int slots, Duration shortest, Duration longest) {

    private static final String BUSY =
            "{\"error\":{\"message\":\"busy\",\"type\":\"server_error\",\"code\":\"overloaded\"}}";

    /// How many it can answer in a second.
    int capacity() {
        return (int) (slots * Duration.ofSeconds(2).toNanos() / shortest.plus(longest).toNanos());
    }

    /// Refuses with 503 whatever finds no slot free.
    void refuseTheRest(ScriptedUpstream upstream) {
        var free = new Semaphore(slots);
        upstream.answer(Script.json(503, BUSY, "retry-after: 1"));
        upstream.on(_ -> free.tryAcquire(), work(free));
    }

    private Script work(Semaphore free) {
        return Script.nothing()
                .pause(this::time)
                .run(free::release)
                .then(Script.json(200, ScriptedUpstream.COMPLETION));
    }

    private Duration time() {
        return Duration.ofNanos(
                ThreadLocalRandom.current().nextLong(shortest.toNanos(), longest.toNanos()));
    }
}
