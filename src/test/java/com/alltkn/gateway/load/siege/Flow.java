package com.alltkn.gateway.load.siege;

import java.time.Duration;

/// What a number of connections do, each by itself. One that the gateway closes is opened again.
///
/// @param connections how many
/// @param opensPerSecond how many of them are opened in a second at most
/// @param payload what each sends
/// @param piece how many bytes at a time, each piece in a segment of its own
/// @param pause between two pieces
/// @param then what becomes of it when all is sent
/// @param readsPerSecond how many bytes it reads in a second
record Flow(
        int connections,
        int opensPerSecond,
        Payload payload,
        int piece,
        Duration pause,
        Then then,
        int readsPerSecond) {

    /// Once everything is sent.
    enum Then {
        /// Stays open.
        HOLD,
        /// Sends it again once it was answered.
        AGAIN,
        /// Breaks the connection off and opens another.
        RESET
    }

    private static final int AT_ONCE = 256 * 1024;

    /// Connections that send something once and read what comes.
    static Flow of(int connections, Payload payload) {
        return new Flow(
                connections, 1000, payload, AT_ONCE, Duration.ZERO, Then.HOLD, Integer.MAX_VALUE);
    }

    /// Never reads.
    Flow unread() {
        return reading(0);
    }

    Flow reading(int bytesPerSecond) {
        return new Flow(connections, opensPerSecond, payload, piece, pause, then, bytesPerSecond);
    }

    Flow again() {
        return new Flow(
                connections, opensPerSecond, payload, piece, pause, Then.AGAIN, readsPerSecond);
    }

    Flow reset() {
        return new Flow(
                connections, opensPerSecond, payload, piece, pause, Then.RESET, readsPerSecond);
    }

    Flow opening(int perSecond) {
        return new Flow(connections, perSecond, payload, piece, pause, then, readsPerSecond);
    }

    Flow inPieces(int bytes, Duration between) {
        return new Flow(connections, opensPerSecond, payload, bytes, between, then, readsPerSecond);
    }
}
