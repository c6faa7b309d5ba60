package com.alltkn.gateway.exchange.step;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A caller's request as it arrived.
///
/// @param context the context of the event loop that the whole exchange stays on
/// @param request the request, its body not yet read
/// @param requestId the gateway's id of it
/// @param at when it came
/// @param nanos the same as a [System#nanoTime()]
public record Arrival(
        ContextInternal context,
        HttpServerRequest request,
        String requestId,
        Instant at,
        long nanos)
        implements Progress {

    @Override
    public @Nullable Progress before() {
        return null;
    }

    @Override
    public Arrival arrival() {
        return this;
    }

    /// @return the time since
    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }
}
