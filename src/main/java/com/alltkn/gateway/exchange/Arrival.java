package com.alltkn.gateway.exchange;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.time.Instant;

/// A caller's request as it arrived.
///
/// @param context the context of the event loop that the whole exchange stays on
/// @param request the request, its body not yet read
/// @param requestId the gateway's id of it
/// @param at when it came
/// @param nanos the same as a [System#nanoTime()]
record Arrival(
        ContextInternal context,
        HttpServerRequest request,
        String requestId,
        Instant at,
        long nanos) {

    /// @return the time since
    Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }
}
