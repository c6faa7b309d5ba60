package com.alltkn.gateway.connection;

import io.netty.channel.EventLoop;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// The connections of one event loop: looks at all of them now and then, by one clock, and lets
/// them take [Turns].
final class Rounds {

    private static final long INTERVAL = 500;

    private final EventLoop loop;
    private final Set<Connection> connections = new HashSet<>();
    private final Turns turns;

    private Rounds(EventLoop loop) {
        this.loop = loop;
        this.turns = new Turns(loop);
    }

    static Rounds start(EventLoop loop) {
        var rounds = new Rounds(loop);
        rounds.next();
        return rounds;
    }

    Turns turns() {
        return turns;
    }

    void add(Connection connection) {
        connections.add(connection);
    }

    void remove(Connection connection) {
        connections.remove(connection);
    }

    private void make() {
        try {
            var now = System.nanoTime();
            // A copy, for one that is closed may be removed at once.
            for (var connection : connections.toArray(Connection[]::new)) {
                connection.look(now);
            }
        } finally {
            next();
        }
    }

    private void next() {
        if (!loop.isShuttingDown()) {
            var _ = loop.schedule(this::make, INTERVAL, TimeUnit.MILLISECONDS);
        }
    }
}
