package com.alltkn.gateway.upstream;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// How upstream is called. The total time of a non-streamed exchange is no part of it: it belongs
/// to a revision.
@ConfigMapping(prefix = "gateway.upstream")
public interface UpstreamConfig {

    /// @return how long a connection may take to stand, waiting for a free one included
    @WithDefault("5s")
    Duration connectTimeout();

    /// @return how long upstream may think before the first byte of its answer; a reasoning model
    ///   thinks long
    @WithDefault("60s")
    Duration firstByteTimeout();

    /// @return how long upstream may pause between two bytes
    @WithDefault("60s")
    Duration idleTimeout();

    /// @return how long a streamed exchange, or an upload, may take in all
    @WithDefault("30m")
    Duration streamTimeout();

    /// As many as callers may have to the gateway, so that these two end together: each exchange
    /// has one of each, until its last byte.
    ///
    /// @return the most connections to upstream that are in use at once, over all event loops
    @WithDefault("4000")
    int maxConnections();

    /// @return the most of them that one caller may use, in percent
    @WithDefault("50")
    int callerSharePercent();

    /// Most servers close idle connections after 5 s without saying so; the gateway must be the
    /// first to do so, for a request sent into a closing connection is lost. What upstream itself
    /// says (`keep-alive: timeout=…`) wins, by a second less and up to 30 s.
    ///
    /// @return how long an idle connection is kept
    @WithDefault("4s")
    Duration keepAlive();

    /// @return whether streams are asked for their usage where the caller did not ask; some
    ///   upstreams answer that with 400
    @WithDefault("true")
    boolean askForUsage();

    /// @return the name of a Quarkus TLS configuration (`quarkus.tls.<name>.…`) with the
    ///   authorities to trust; else Java's own
    Optional<String> tlsConfiguration();

    /// @return clocks of single routes, by their label, such as `chat/completions`
    Map<String, RouteClocks> routes();

    /// The clocks of one route; what is not set is as everywhere.
    interface RouteClocks {

        /// @return how long upstream may think before a stream's first byte
        Optional<Duration> firstByteTimeout();

        /// @return how long upstream may pause between two bytes
        Optional<Duration> idleTimeout();

        /// @return how long an exchange that is not streamed may take in all, whatever its revision
        ///   says
        Optional<Duration> requestTimeout();

        /// @return how long a streamed exchange, or an upload, may take in all
        Optional<Duration> streamTimeout();
    }
}
