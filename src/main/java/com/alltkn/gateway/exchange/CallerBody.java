package com.alltkn.gateway.exchange;

import com.alltkn.gateway.error.GatewayError;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Reads a caller's body into memory, bounded in size, in the time between two pieces and in all.
final class CallerBody {

    private final Vertx vertx;
    private final long limit;
    private final long timeout;
    private final long deadline;
    private final Consumer<byte[]> whole;
    private final Consumer<GatewayError> refused;
    private final List<Buffer> pieces = new ArrayList<>(2);

    private long length;
    private boolean over;
    private boolean moved;
    private long timer = -1;

    private CallerBody(
            ExchangeConfig config,
            Vertx vertx,
            Consumer<byte[]> whole,
            Consumer<GatewayError> refused) {
        this.vertx = vertx;
        this.limit = config.maxBodySize().asLongValue();
        this.timeout = config.bodyTimeout().toNanos();
        this.deadline = System.nanoTime() + config.bodyTotalTimeout().toNanos();
        this.whole = whole;
        this.refused = refused;
    }

    /// Starts reading; one of the two consumers is told, once.
    static CallerBody read(
            HttpServerRequest request,
            ExchangeConfig config,
            Vertx vertx,
            Consumer<byte[]> whole,
            Consumer<GatewayError> refused) {
        var body = new CallerBody(config, vertx, whole, refused);
        request.handler(body::received);
        request.endHandler(_ -> body.ended());
        request.resume();
        // Most bodies came with their head and are read by now: only others need a clock.
        if (!body.over) {
            body.watch();
        }
        return body;
    }

    long length() {
        return length;
    }

    /// Takes no more, and forgets what came.
    void abandon() {
        over = true;
        pieces.clear();
        stopWatching();
    }

    private void received(Buffer piece) {
        if (over) {
            return;
        }
        moved = true;
        length += piece.length();
        if (length > limit) {
            abandon();
            refused.accept(new GatewayError.BodyTooLarge(limit));
            return;
        }
        pieces.add(piece);
    }

    private void ended() {
        if (over) {
            return;
        }
        over = true;
        stopWatching();
        if (pieces.size() == 1) {
            whole.accept(pieces.getFirst().getBytes());
            return;
        }
        var bytes = new byte[Math.toIntExact(length)];
        var at = 0;
        for (var piece : pieces) {
            piece.getBytes(bytes, at);
            at += piece.length();
        }
        pieces.clear();
        whole.accept(bytes);
    }

    private void watch() {
        moved = false;
        var left = deadline - System.nanoTime();
        var wait = TimeUnit.NANOSECONDS.toMillis(Math.min(timeout, left)) + 1;
        timer = vertx.setTimer(Math.max(1, wait), _ -> wentOff());
    }

    private void wentOff() {
        timer = -1;
        if (over) {
            return;
        }
        if (moved && System.nanoTime() - deadline < 0) {
            watch();
        } else {
            abandon();
            refused.accept(new GatewayError.BodyTooSlow());
        }
    }

    private void stopWatching() {
        if (timer >= 0) {
            vertx.cancelTimer(timer);
            timer = -1;
        }
    }
}
