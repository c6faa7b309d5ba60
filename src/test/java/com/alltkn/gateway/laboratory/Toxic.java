package com.alltkn.gateway.laboratory;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// What a [ToxicProxy] does to each piece of bytes that goes in one direction.
public sealed interface Toxic {

    /// Passes it on.
    record Nothing() implements Toxic {}

    /// Passes it on so much later.
    record Latency(Duration delay) implements Toxic {}

    /// Swallows it; the connection stays.
    record BlackHole() implements Toxic {}

    /// Passes it on in drops with a pause before each.
    record Drip(int bytes, Duration interval) implements Toxic {}

    /// Passes so many bytes of a connection on and then ends it by FIN, on both sides.
    record CutAfter(long bytes) implements Toxic {}

    /// Passes so many bytes of a connection on and then ends it by RST, on both sides.
    record ResetAfter(long bytes) implements Toxic {}

    /// Passes other bytes on in its place.
    record Rubbish(byte[] instead) implements Toxic {}

    /// Bytes that are neither HTTP nor TLS.
    static Toxic rubbish() {
        return new Rubbish("\0\1 neither one nor the other \r\n".getBytes(StandardCharsets.UTF_8));
    }
}
