package com.alltkn.gateway.exchange.attempt;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.request.BodyMemory;
import com.alltkn.gateway.exchange.request.ReadAhead;
import com.alltkn.gateway.exchange.request.StallWatch;
import com.alltkn.gateway.openai.BodyBytes;
import com.alltkn.gateway.upstream.Attempt;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Passes a caller's body on while it arrives. What a slow upstream does not take yet is held in
/// the caller's room, a block of it; then the caller is held back. Up to there one who leaves is
/// still noticed.
final class Upload {

    private static final Duration NEVER = Duration.ofNanos(Long.MAX_VALUE / 2);

    private final HttpServerRequest from;
    private final long limit;
    private final BodyMemory.Room room;
    private final Attempt attempt;
    private final @Nullable ReadAhead ahead;
    private final Consumer<GatewayError> refused;
    private final StallWatch watch;
    private BodyBytes behind = new BodyBytes(Long.MAX_VALUE);
    private long length;
    private boolean paused;
    private boolean ended;
    private boolean over;

    /// @param room taken for what upstream does not take yet
    /// @param longestPause how long the caller may pause
    /// @param ahead what was read of the body already, if anything was
    /// @param refused is told why the body may not be passed on to its end
    Upload(
            HttpServerRequest from,
            long limit,
            BodyMemory.Room room,
            Duration longestPause,
            @Nullable ReadAhead ahead,
            Attempt attempt,
            Vertx vertx,
            Consumer<GatewayError> refused) {
        this.from = from;
        this.limit = limit;
        this.room = room;
        this.ahead = ahead;
        this.attempt = attempt;
        this.refused = refused;
        // How long it may take in all is the attempt's to say.
        this.watch =
                new StallWatch(
                        vertx, longestPause, NEVER, () -> refuse(new GatewayError.BodyTooSlow()));
    }

    void start(HttpClientRequest to) {
        from.handler(piece -> received(piece, to));
        from.endHandler(_ -> ended(to));
        watch.start();
        to.drainHandler(_ -> drained(to));
        if (ahead != null) {
            for (var piece : ahead.bytes()) {
                pass(piece, to);
            }
            if (!to.writeQueueFull()) {
                ahead.letGo();
            }
        }
        from.resume();
    }

    /// Passes no more of the caller's body on; what still comes is thrown away.
    void stop() {
        end();
        flow();
    }

    long length() {
        return length;
    }

    private void received(Buffer piece, HttpClientRequest to) {
        if (over) {
            return;
        }
        if (ahead != null) {
            var trouble = ahead.look(piece);
            if (trouble.isPresent()) {
                refuse(trouble.get());
                return;
            }
        }
        if (behind.length() > 0 || to.writeQueueFull()) {
            hold(piece);
        } else {
            watch.moved();
            pass(piece, to);
        }
    }

    private void pass(Buffer piece, HttpClientRequest to) {
        if (over) {
            return;
        }
        length += piece.length();
        if (length > limit) {
            refuse(new GatewayError.BodyTooLarge(limit));
            return;
        }
        attempt.sending();
        to.write(piece);
        if (to.writeQueueFull()) {
            watch.held();
        }
    }

    private void hold(Buffer piece) {
        if (!room.take(behind.growth(piece.length()))) {
            refuse(new GatewayError.Overloaded());
            return;
        }
        behind.append(piece);
        if (behind.length() >= BodyBytes.BLOCK) {
            from.pause();
            // By itself Vert.x goes on until it has queued eight pieces.
            paused = true;
            connection().ifPresent(ConnectionBase::doPause);
        }
    }

    private void drained(HttpClientRequest to) {
        if (over) {
            return;
        }
        var held = behind;
        behind = new BodyBytes(Long.MAX_VALUE);
        room.giveBack();
        letGoOfAhead();
        watch.moved();
        attempt.sending();
        held.buffers().forEach(piece -> pass(piece, to));
        if (over || to.writeQueueFull()) {
            return;
        }
        if (ended) {
            ended(to);
        } else {
            flow();
        }
    }

    private void flow() {
        from.resume();
        if (paused) {
            paused = false;
            connection().ifPresent(ConnectionBase::doResume);
        }
    }

    private void letGoOfAhead() {
        if (ahead != null) {
            ahead.letGo();
        }
    }

    private Optional<ConnectionBase> connection() {
        return from.connection() instanceof ConnectionBase base
                ? Optional.of(base)
                : Optional.empty();
    }

    private void ended(HttpClientRequest to) {
        ended = true;
        if (over || behind.length() > 0) {
            return;
        }
        if (ahead != null) {
            var trouble = ahead.lookAtEnd();
            if (trouble.isPresent()) {
                refuse(trouble.get());
                return;
            }
        }
        end();
        attempt.sentAll();
        to.end();
    }

    private void refuse(GatewayError error) {
        end();
        refused.accept(error);
    }

    private void end() {
        over = true;
        behind = new BodyBytes(Long.MAX_VALUE);
        room.giveBack();
        watch.stop();
    }
}
