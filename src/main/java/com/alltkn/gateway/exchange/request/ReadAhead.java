package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.openai.BodyBytes;
import com.alltkn.gateway.openai.MultipartModel;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The beginning of an upload, read until the model that it names is known, and from then on the
/// eye that is kept on the rest: a second model in it would be one that nobody allowed.
public final class ReadAhead implements BodyInHand {

    private static final int LIMIT = 64 * 1024;

    private final HttpServerRequest request;
    private final MultipartModel reader;
    private final StallWatch watch;
    private final BodyMemory.Room room;
    private BodyBytes bytes = new BodyBytes(Long.MAX_VALUE);
    private int length;
    private boolean over;
    private Consumer<String> found = _ -> {};
    private Consumer<GatewayError> refused = _ -> {};

    /// Makes one that has not begun.
    ///
    /// @param room taken for what is read ahead, until [#letGo()]
    /// @param config how long it may take
    ReadAhead(Arrival arrival, MultipartModel reader, BodyMemory.Room room, ExchangeConfig config) {
        this.request = arrival.request();
        this.reader = reader;
        this.room = room;
        this.watch =
                new StallWatch(
                        arrival.context().owner(),
                        config.bodyTimeout(),
                        config.bodyTotalTimeout(),
                        () -> refuse(new GatewayError.BodyTooSlow()));
    }

    /// Starts reading; one of the two is told, once.
    ///
    /// @param found is told the model; the request is paused then
    /// @param refused is told why there is none that can be relied on
    void start(Consumer<String> found, Consumer<GatewayError> refused) {
        this.found = found;
        this.refused = refused;
        request.handler(this::received);
        request.endHandler(_ -> ended());
        watch.start();
        request.resume();
    }

    @Override
    public void cancel() {
        over = true;
        watch.stop();
    }

    /// @return nothing: what counts of an upload is what was passed on
    @Override
    public long bytesIn() {
        return 0;
    }

    /// @return what was read, to be passed on first
    public List<Buffer> bytes() {
        return bytes.buffers();
    }

    @Override
    public void letGo() {
        bytes = new BodyBytes(0);
        room.giveBack();
    }

    /// Looks at a piece that came after those that were read ahead.
    ///
    /// @return why the upload must not go on
    public Optional<GatewayError> look(Buffer piece) {
        reader.accept(piece.getBytes());
        return trouble();
    }

    /// Looks at the end of the upload.
    ///
    /// @return why it must not count
    public Optional<GatewayError> lookAtEnd() {
        reader.end();
        return trouble();
    }

    /// @return what is told of an upload that names no model where it should
    static GatewayError noModel() {
        return new GatewayError.InvalidRequest(
                "the field model must come within the first "
                        + LIMIT
                        + " bytes of the body, before any large file: this caller may not use every"
                        + " model",
                "model",
                "missing_model");
    }

    private void received(Buffer piece) {
        if (over) {
            return;
        }
        watch.moved();
        if (!room.take(bytes.growth(piece.length()))) {
            refuse(new GatewayError.Overloaded());
            return;
        }
        bytes.append(piece);
        var within = Math.min(piece.length(), LIMIT - length);
        length += within;
        reader.accept(piece.getBytes(0, within));
        var model = reader.model();
        reader.accept(piece.getBytes(within, piece.length()));
        var trouble = trouble();
        if (trouble.isPresent()) {
            refuse(trouble.get());
        } else if (model.isPresent()) {
            over = true;
            watch.stop();
            request.pause();
            found.accept(model.get());
        } else if (length == LIMIT) {
            refuse(noModel());
        }
    }

    private void ended() {
        if (!over) {
            refuse(lookAtEnd().orElseGet(ReadAhead::noModel));
        }
    }

    private void refuse(GatewayError error) {
        cancel();
        refused.accept(error);
    }

    private Optional<GatewayError> trouble() {
        return reader.trouble()
                .map(trouble ->
                        new GatewayError.InvalidRequest(
                                trouble.message(), trouble.param(), trouble.code()));
    }
}
