package com.alltkn.gateway.upstream;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// How long idle connections to one upstream are kept: always shorter than upstream keeps them, as
/// far as it says so or has shown it. Safe for use by several threads.
final class KeepAlive {

    private static final String TIMEOUT = "timeout=";

    /// Upstream's own clock began before its answer was here, and the next request needs its time
    /// to get there.
    private static final Duration MARGIN = Duration.ofSeconds(1);

    /// However long upstream says that it keeps an idle connection, what stands between may not.
    private static final Duration LONGEST_ANNOUNCED = Duration.ofSeconds(30);

    /// What was in use within this time is used again in any case, so that a server that ends, and
    /// closes all that it has, does not put an end to keeping connections.
    private static final Duration SHORTEST_SEEN = Duration.ofSeconds(1);

    /// A server that ends closes connections of any age; so what was seen counts for a while only.
    private static final long REMEMBERED = TimeUnit.MINUTES.toNanos(5);

    private final Duration usual;
    private final LongSupplier nanoTime;
    private final AtomicReference<@Nullable Seen> seen = new AtomicReference<>();

    /// @param usual how long one is kept where upstream says nothing about that
    /// @param nanoTime the time, as [System#nanoTime()] tells it
    KeepAlive(Duration usual, LongSupplier nanoTime) {
        this.usual = usual;
        this.nanoTime = nanoTime;
    }

    /// @return how long one is kept where upstream says nothing about that
    Duration usual() {
        return usual;
    }

    /// Reads what RFC 2068, 19.7.1.1 began and many servers send: `timeout=5, max=100`.
    ///
    /// @return how long a connection is kept; empty where the header does not say
    Optional<Duration> announced(String header) {
        for (var parameter : header.split(",", -1)) {
            var text = parameter.strip();
            if (text.regionMatches(true, 0, TIMEOUT, 0, TIMEOUT.length())) {
                var seconds = text.substring(TIMEOUT.length());
                if (seconds.matches("[0-9]{1,9}")) {
                    return Optional.of(shorterThan(Duration.ofSeconds(Long.parseLong(seconds))));
                }
            }
        }
        return Optional.empty();
    }

    /// Upstream has closed a connection.
    ///
    /// @param idle how long that had been idle
    void closedByUpstream(Duration idle) {
        var shorter = idle.minus(MARGIN);
        var most = shorter.compareTo(SHORTEST_SEEN) > 0 ? shorter : SHORTEST_SEEN;
        if (idle.compareTo(SHORTEST_SEEN) >= 0 && most.compareTo(most()) < 0) {
            seen.set(new Seen(most, nanoTime.getAsLong()));
        }
    }

    /// @return as long as any connection may be idle, by what upstream has shown of late
    Duration most() {
        var last = seen.get();
        return last == null || nanoTime.getAsLong() - last.at >= REMEMBERED ? longest() : last.most;
    }

    private Duration shorterThan(Duration announced) {
        var time = announced.minus(MARGIN);
        return time.compareTo(longest()) < 0 ? time : longest();
    }

    private Duration longest() {
        return usual.compareTo(LONGEST_ANNOUNCED) > 0 ? usual : LONGEST_ANNOUNCED;
    }

    private record Seen(Duration most, long at) {}
}
