package com.alltkn.gateway.upstream;

import io.vertx.core.Future;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.impl.HttpClientConnection;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One connection to upstream, which carries one request after another. Every method is called on
/// its event loop. Times are those of [System#nanoTime()].
final class UpstreamConnection {

    /// Upstream may have closed one that was idle for so long, and nobody could have known it
    /// before its next request was on its way.
    static final Duration LONG_IDLE = Duration.ofSeconds(1);

    private final HttpClientConnection connection;
    private final AnswerCodec codec;
    private final Home home;

    private Duration kept;
    private long idleSince;
    private long wasIdle;
    private boolean idle;
    private boolean closed;

    /// @param connection stands, and has carried nothing yet
    /// @param codec reads its answers
    /// @param home where it is while it is idle
    UpstreamConnection(HttpClientConnection connection, AnswerCodec codec, Home home) {
        this.connection = connection;
        this.codec = codec;
        this.kept = home.keepAlive().usual();
        this.home = home;
        connection.evictionHandler(_ -> ended());
    }

    /// Begins a request.
    Future<HttpClientRequest> begin(ContextInternal context) {
        return connection.createRequest(context);
    }

    /// Whether it may have been closed while it was idle, if it ends now: it had been idle for
    /// long, and upstream has sent nothing since.
    boolean wasStale() {
        return wasIdle >= LONG_IDLE.toNanos() && !codec.heard();
    }

    /// The answer has come to its end: it is of use to the next one, unless that ended it.
    ///
    /// @param keepAlive what the answer's header of that name says
    void answered(@Nullable String keepAlive) {
        if (keepAlive != null) {
            kept = home.keepAlive().announced(keepAlive).orElse(kept);
        }
        leave();
    }

    /// It is of use to the next one, if it still stands.
    void leave() {
        if (closed) {
            return;
        }
        if (kept.isPositive()) {
            idleSince = System.nanoTime();
            idle = true;
            home.add(this);
        } else {
            close();
        }
    }

    /// It is taken from among the idle ones.
    void take(long now) {
        idle = false;
        wasIdle = now - idleSince;
    }

    /// Ends it, whatever is still to be sent.
    void close() {
        if (!closed) {
            closed = true;
            var _ = connection.channel().close();
        }
    }

    /// How long it has been idle.
    Duration idleFor(long now) {
        return Duration.ofNanos(now - idleSince);
    }

    /// Whether nobody may use it any more, for it has ended or was idle for too long.
    ///
    /// @param most as long as any may be
    boolean isSpent(long now, Duration most) {
        var time = now - idleSince;
        return closed
                || time >= kept.toNanos()
                || time >= most.toNanos()
                || !connection.channel().isActive();
    }

    private void ended() {
        if (!closed) {
            closed = true;
            var time = idleFor(System.nanoTime());
            // Of one that nobody would have used any more it says nothing new.
            if (idle && time.compareTo(kept) < 0) {
                home.keepAlive().closedByUpstream(time);
            }
        }
    }

    /// Where connections are while they are idle.
    interface Home {

        /// Takes one that is of use to the next request.
        void add(UpstreamConnection connection);

        /// How long it is kept.
        KeepAlive keepAlive();
    }
}
