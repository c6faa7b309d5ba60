package com.alltkn.gateway.exchange;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.openai.BodyBytes;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Reads a caller's body into memory, bounded in size, in the room that there is for it, in the
/// time between two pieces and in all.
final class CallerBody {

    private final long limit;
    private final BodyMemory.Room room;
    private final StallWatch watch;
    private final Consumer<BodyBytes> whole;
    private final Consumer<GatewayError> refused;

    private @Nullable BodyBytes bytes;
    private long length;

    private CallerBody(
            long declared,
            long limit,
            BodyMemory.Room room,
            ExchangeConfig config,
            Vertx vertx,
            Consumer<BodyBytes> whole,
            Consumer<GatewayError> refused) {
        this.bytes = new BodyBytes(declared);
        this.limit = limit;
        this.room = room;
        this.watch =
                new StallWatch(
                        vertx, config.bodyTimeout(), config.bodyTotalTimeout(), this::stalled);
        this.whole = whole;
        this.refused = refused;
    }

    /// Starts reading; one of the two consumers is told, once.
    ///
    /// @param declared the length that the caller declared; the largest number if none
    /// @param whole is given the body, whose room is taken until [#letGo()]
    static CallerBody read(
            HttpServerRequest request,
            long declared,
            long limit,
            BodyMemory.Room room,
            ExchangeConfig config,
            Vertx vertx,
            Consumer<BodyBytes> whole,
            Consumer<GatewayError> refused) {
        var body = new CallerBody(declared, limit, room, config, vertx, whole, refused);
        request.handler(body::received);
        request.endHandler(_ -> body.ended());
        request.resume();
        // Most bodies came with their head and are read by now: only others need a clock.
        if (body.bytes != null) {
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
        bytes = null;
        watch.stop();
    }

    private void received(Buffer piece) {
        var taken = bytes;
        if (taken == null) {
            return;
        }
        watch.moved();
        length += piece.length();
        if (length > limit) {
            abandon();
            refused.accept(new GatewayError.BodyTooLarge(limit));
        } else if (!room.take(taken.growth(piece.length()))) {
            abandon();
            refused.accept(new GatewayError.Overloaded());
        } else {
            taken.append(piece);
        }
    }

    private void ended() {
        var taken = bytes;
        if (taken == null) {
            return;
        }
        abandon();
        whole.accept(taken);
    }

    private void stalled() {
        abandon();
        refused.accept(new GatewayError.BodyTooSlow());
    }
}
