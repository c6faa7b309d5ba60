package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.openai.BodyBytes;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Reads a caller's body into memory, bounded in size, in the room that there is for it, in the
/// time between two pieces and in all.
public final class CallerBody implements BodyInHand {

    private final HttpServerRequest request;
    private final long limit;
    private final BodyMemory.Room room;
    private final StallWatch watch;

    private @Nullable BodyBytes bytes;
    private long length;
    private Consumer<BodyBytes> whole = _ -> {};
    private Consumer<GatewayError> refused = _ -> {};

    /// Makes one that has not begun.
    ///
    /// @param declared the length that the caller declared; the largest number if none
    /// @param limit how long it may be
    /// @param room taken for the body until [#letGo()]
    /// @param config how long it may take
    CallerBody(
            Arrival arrival,
            long declared,
            long limit,
            BodyMemory.Room room,
            ExchangeConfig config) {
        this.request = arrival.request();
        this.bytes = new BodyBytes(declared);
        this.limit = limit;
        this.room = room;
        this.watch =
                new StallWatch(
                        arrival.context().owner(),
                        config.bodyTimeout(),
                        config.bodyTotalTimeout(),
                        this::stalled);
    }

    /// Starts reading; one of the two is told, once.
    ///
    /// @param whole is given the body
    /// @param refused is told why there is none
    void start(Consumer<BodyBytes> whole, Consumer<GatewayError> refused) {
        this.whole = whole;
        this.refused = refused;
        request.handler(this::received);
        request.endHandler(_ -> ended());
        request.resume();
        // Most bodies came with their head and are read by now: only others need a clock.
        if (bytes != null) {
            watch.start();
        }
    }

    @Override
    public long bytesIn() {
        return length;
    }

    @Override
    public void letGo() {
        room.giveBack();
    }

    @Override
    public void cancel() {
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
            cancel();
            refused.accept(new GatewayError.BodyTooLarge(limit));
        } else if (!room.take(taken.growth(piece.length()))) {
            cancel();
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
        cancel();
        whole.accept(taken);
    }

    private void stalled() {
        cancel();
        refused.accept(new GatewayError.BodyTooSlow());
    }
}
