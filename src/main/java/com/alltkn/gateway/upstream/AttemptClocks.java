package com.alltkn.gateway.upstream;

import java.time.Duration;

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
    /// @param total the revision's limit
    /// @return the clocks
    public static AttemptClocks atOnce(UpstreamConfig config, Duration total) {
        return new AttemptClocks(config.connectTimeout(), total, config.idleTimeout(), total);
    }

    /// The clocks of a streamed answer, or of an upload.
    ///
    /// @param config the clocks of the process
    /// @return the clocks
    public static AttemptClocks streamed(UpstreamConfig config) {
        return new AttemptClocks(
                config.connectTimeout(),
                config.firstByteTimeout(),
                config.idleTimeout(),
                config.streamTimeout());
    }
}
