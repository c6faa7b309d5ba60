package com.alltkn.gateway.load.siege;

import java.util.List;

/// What one machine can do to a gateway.
///
/// @param name to choose it by
/// @param what it does
/// @param bytesPerSecond how much it sends at most
/// @param flows what its connections do
record Attack(String name, String what, long bytesPerSecond, List<Flow> flows) {

    private static final long MEBIBYTE = 1024 * 1024;

    /// At 16 MiB/s, so that it is not the mere traffic that fills the machine.
    static Attack of(String name, String what, Flow... flows) {
        return new Attack(name, what, 16 * MEBIBYTE, List.of(flows));
    }

    Attack atMost(int mebibytesPerSecond) {
        return new Attack(name, what, mebibytesPerSecond * MEBIBYTE, flows);
    }
}
