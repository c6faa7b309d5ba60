package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.Settings;
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
    /// A route's own clock wins over the revision's, and that over the one of the process.
    ///
    /// @param config the clocks of the process and of its routes
    /// @param route the route's label
    /// @param settings the clocks of the revision
    /// @return the clocks
    public static AttemptClocks atOnce(UpstreamConfig config, String route, Settings settings) {
        var own = Optional.ofNullable(config.routes().get(route));
        var limit = own.flatMap(RouteClocks::requestTimeout).orElse(settings.requestTimeout());
        return new AttemptClocks(
                connect(config, settings), limit, idle(config, own, settings), limit);
    }

    /// The clocks of a streamed answer, or of an upload, which win over each other in the same way.
    ///
    /// @param config the clocks of the process and of its routes
    /// @param route the route's label
    /// @param settings the clocks of the revision
    /// @return the clocks
    public static AttemptClocks streamed(UpstreamConfig config, String route, Settings settings) {
        var own = Optional.ofNullable(config.routes().get(route));
        var clocks = settings.clocks();
        return new AttemptClocks(
                connect(config, settings),
                own.flatMap(RouteClocks::firstByteTimeout)
                        .or(clocks::firstByte)
                        .orElse(config.firstByteTimeout()),
                idle(config, own, settings),
                own.flatMap(RouteClocks::streamTimeout)
                        .or(clocks::stream)
                        .orElse(config.streamTimeout()));
    }

    /// @param config the clock of the process
    /// @param settings the clock of the revision
    /// @return until a connection stands
    static Duration connect(UpstreamConfig config, Settings settings) {
        return settings.clocks().connect().orElse(config.connectTimeout());
    }

    private static Duration idle(
            UpstreamConfig config, Optional<RouteClocks> own, Settings settings) {
        return own.flatMap(RouteClocks::idleTimeout)
                .or(settings.clocks()::idle)
                .orElse(config.idleTimeout());
    }

    /// @param shorter how long to wait for the first byte instead
    /// @return the clocks with that one changed
    public AttemptClocks withFirstByte(Duration shorter) {
        return new AttemptClocks(connect, shorter, idle, total);
    }
}
