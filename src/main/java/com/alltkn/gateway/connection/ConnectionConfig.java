package com.alltkn.gateway.connection;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/// What connections may take of the gateway.
@ConfigMapping(prefix = "gateway.exchange")
public interface ConnectionConfig {

    /// @return the most connections, of callers and on the management port together; a tenth of
    ///   them is for those that have shown no valid credential yet, of which the oldest makes room
    ///   for a new one
    @WithDefault("4000")
    int maxConnections();

    /// @return the most connections of one caller; if empty half of all
    OptionalInt maxConnectionsPerCaller();

    /// @return the most connections from one address that have shown no valid credential; if empty
    ///   a quarter of all
    OptionalInt maxConnectionsPerAddress();

    /// @return how long the head of a request may take, from the connection or its first byte on
    @WithDefault("10s")
    Duration headTimeout();

    /// @return how long a connection that has shown no valid credential may rest between two
    ///   requests, or leave an answer unread
    @WithDefault("10s")
    Duration strangerTimeout();

    /// @return how long a caller's connection may rest between two requests
    @WithDefault("10m")
    Duration keepAlive();

    /// @return how long a caller may take nothing of an answer that waits for it
    @WithDefault("2m")
    Duration unreadTimeout();

    /// @return the most memory for answers that wait to be read and requests that wait for their
    ///   turn, one caller's half of it, a quarter for all that have shown no valid credential; if
    ///   empty an eighth of the heap
    Optional<MemorySize> maxUnsentMemory();
}
