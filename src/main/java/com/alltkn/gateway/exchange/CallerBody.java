package com.alltkn.gateway.exchange;

import com.alltkn.gateway.error.GatewayError;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Reads a caller's body into memory, bounded in size, in the room that there is for it, in the
/// time between two pieces and in all.
final class CallerBody {

    private final long limit;
    private final BodyMemory.Room room;
    private final StallWatch watch;
    private final Consumer<byte[]> whole;
    private final Consumer<GatewayError> refused;
    private final List<Buffer> pieces = new ArrayList<>(2);

    private long length;
    private boolean over;

    private CallerBody(
            long limit,
            BodyMemory.Room room,
            ExchangeConfig config,
            Vertx vertx,
            Consumer<byte[]> whole,
            Consumer<GatewayError> refused) {
        this.limit = limit;
        this.room = room;
        this.watch = new StallWatch(vertx, config, this::stalled);
        this.whole = whole;
        this.refused = refused;
    }

    /// Starts reading; one of the two consumers is told, once.
    static CallerBody read(
            HttpServerRequest request,
            long limit,
            BodyMemory.Room room,
            ExchangeConfig config,
            Vertx vertx,
            Consumer<byte[]> whole,
            Consumer<GatewayError> refused) {
        var body = new CallerBody(limit, room, config, vertx, whole, refused);
        request.handler(body::received);
        request.endHandler(_ -> body.ended());
        request.resume();
        // Most bodies came with their head and are read by now: only others need a clock.
        if (!body.over) {
            body.watch.start();
        }
        return body;
    }

    long length() {
        return length;
    }

    /// Gives the room back, for nobody has a use for the body any more.
    void letGo() {
        room.giveBack();
    }

    /// Takes no more, and forgets what came.
    void abandon() {
        over = true;
        pieces.clear();
        watch.stop();
    }

    private void received(Buffer piece) {
        if (over) {
            return;
        }
        watch.moved();
        length += piece.length();
        if (length > limit) {
            abandon();
            refused.accept(new GatewayError.BodyTooLarge(limit));
            return;
        }
        if (!room.take(piece.length())) {
            abandon();
            refused.accept(new GatewayError.Overloaded());
            return;
        }
        pieces.add(piece);
    }

    private void ended() {
        if (over) {
            return;
        }
        over = true;
        watch.stop();
        var bytes = new byte[Math.toIntExact(length)];
        var at = 0;
        for (var piece : pieces) {
            piece.getBytes(bytes, at);
            at += piece.length();
        }
        pieces.clear();
        whole.accept(bytes);
    }

    private void stalled() {
        abandon();
        refused.accept(new GatewayError.BodyTooSlow());
    }
}
