package com.alltkn.gateway.upstream;

import com.alltkn.gateway.upstream.UpstreamConfig.RouteClocks;
import java.time.Duration;
import java.util.Optional;

/// How long an attempt may take.
///
/// @param connect until a connection stands
/// @param firstByte until the first byte of the answer
/// @param idle between two bytes
/// @param total from the start of the exchange to the last byte
public record AttemptClocks(Duration connect, Duration firstByte, Duration idle, Duration total) {

    /// The clocks of an answer that comes at once: bounded by its total time alone, once connected.
    ///
    /// @param config the clocks of the process
    /// @param route the route's label, which may have clocks of its own
    /// @param total the revision's limit
    /// @return the clocks
    public static AttemptClocks atOnce(UpstreamConfig config, String route, Duration total) {
        var own = Optional.ofNullable(config.routes().get(route));
        var limit = own.flatMap(RouteClocks::requestTimeout).orElse(total);
        return new AttemptClocks(
                config.connectTimeout(),
                limit,
                own.flatMap(RouteClocks::idleTimeout).orElse(config.idleTimeout()),
                limit);
    }

    /// The clocks of a streamed answer, or of an upload.
    ///
    /// @param config the clocks of the process
    /// @param route the route's label, which may have clocks of its own
    /// @return the clocks
    public static AttemptClocks streamed(UpstreamConfig config, String route) {
        var own = Optional.ofNullable(config.routes().get(route));
        return new AttemptClocks(
                config.connectTimeout(),
                own.flatMap(RouteClocks::firstByteTimeout).orElse(config.firstByteTimeout()),
                own.flatMap(RouteClocks::idleTimeout).orElse(config.idleTimeout()),
                own.flatMap(RouteClocks::streamTimeout).orElse(config.streamTimeout()));
    }

    /// @param shorter how long to wait for the first byte instead
    /// @return the clocks with that one changed
    public AttemptClocks withFirstByte(Duration shorter) {
        return new AttemptClocks(connect, shorter, idle, total);
    }
}
