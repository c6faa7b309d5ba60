package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.openai.AnswerTap.BreakOff;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.upstream.AnswerHeaders;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Hands one 2xx answer on, byte for byte, but for the gateway's own key, and reads along. Nothing
/// is written before the first byte of the body is here: up to then a failure can still be an
/// ordinary error. A caller that reads slower than upstream writes holds upstream back.
public final class Relay {

    /// Of each of thousands of answers that may stand still at once.
    private static final int MOST_HELD = 16 * 1024;

    private static final CharSequence EVENT_STREAM =
            HttpHeaders.createOptimized("text/event-stream");

    private final Source source;
    private final AnswerKind kind;
    private final AnswerTaps taps;
    private final AnswerMemory.Part memory;
    private final HttpClientResponse head;
    private final HttpServerResponse response;
    private final Consumer<MultiMap> headers;

    /// JSON is of no use before its end, so its last piece waits for that if it is small: one write
    /// in place of two.
    private @Nullable Buffer held;

    private boolean begun;
    private long written;

    /// @param source where the answer comes from
    /// @param kind of the answer
    /// @param taps read along
    /// @param memory counts what is held
    /// @param head upstream's
    /// @param response to the caller, nothing of it written yet
    /// @param headers puts in the gateway's own when the answer begins
    public Relay(
            Source source,
            AnswerKind kind,
            AnswerTaps taps,
            AnswerMemory.Part memory,
            HttpClientResponse head,
            HttpServerResponse response,
            Consumer<MultiMap> headers) {
        this.source = source;
        this.kind = kind;
        this.taps = taps;
        this.memory = memory;
        this.head = head;
        this.response = response;
        this.headers = headers;
    }

    /// Takes a piece of the answer.
    ///
    /// @return whether it can be the answer's; if not, it has not been written
    public boolean accept(Buffer chunk) {
        var passed = taps.accept(chunk);
        if (passed == null) {
            return false;
        }
        pass(passed);
        if (!memory.holds(held())) {
            letGo();
            memory.holds(held());
        }
        return true;
    }

    /// Ends the answer, for upstream's is whole in its framing.
    ///
    /// @return what is missing all the same; if so, nothing is ended yet
    public Optional<GatewayError> end() {
        switch (taps.end(this::pass)) {
            case CUT -> {
                return Optional.of(new GatewayError.UpstreamInterrupted());
            }
            case NO_ANSWER -> {
                return Optional.of(new GatewayError.UpstreamInvalidAnswer());
            }
            case WHOLE -> {}
        }
        begin(true);
        if (held != null) {
            written += held.length();
            response.end(held);
        } else {
            response.end();
        }
        return Optional.empty();
    }

    /// Breaks an answer off that has begun. A stream says so in its own way, an error event and no
    /// terminal event; anything else can only be cut, so that nobody takes it for whole.
    public void breakOff(CallerConnection caller, GatewayError error) {
        switch (taps.breakOff(this::write)) {
            case BreakOff.Cut() -> caller.cut();
            case BreakOff.Said(var closing) -> {
                write(closing);
                response.end();
            }
            case BreakOff.Say(var closing) -> {
                write(closing);
                write(caller.event(error));
                response.end();
            }
        }
    }

    /// Gives back what memory it takes, for nothing more is read along. Once more does nothing.
    public void close() {
        memory.giveBack();
    }

    /// @return whether anything has been written to the caller
    public boolean begun() {
        return begun;
    }

    /// @return the length of what was written, in bytes
    public long written() {
        return written;
    }

    /// @return what upstream counted, as far as it has said so
    public Optional<Usage> usage() {
        return taps.usage();
    }

    private int held() {
        return taps.held() + (held == null ? 0 : held.length());
    }

    /// Holds next to nothing, for others hold too much.
    private void letGo() {
        taps.letGo(this::pass);
        writeHeld();
    }

    private void pass(Buffer piece) {
        writeHeld();
        if (kind == AnswerKind.JSON && piece.length() <= MOST_HELD) {
            held = piece;
        } else {
            write(piece);
        }
    }

    private void writeHeld() {
        if (held != null) {
            write(held);
            held = null;
        }
    }

    private void write(Buffer bytes) {
        if (bytes.length() == 0) {
            return;
        }
        begin(false);
        written += bytes.length();
        response.write(bytes);
        if (response.writeQueueFull()) {
            source.pause();
            response.drainHandler(_ -> source.resume());
        }
    }

    /// @param whole whether the rest of the body follows in one write, so that its length is known
    private void begin(boolean whole) {
        if (begun) {
            return;
        }
        begun = true;
        response.setStatusCode(head.statusCode());
        var headers = response.headers();
        this.headers.accept(headers);
        AnswerHeaders.copy(head.headers(), headers);
        switch (kind) {
            case EVENTS -> {
                headers.set(HttpHeaders.CONTENT_TYPE, EVENT_STREAM);
                headers.set(HttpHeaders.CACHE_CONTROL, "no-cache");
                headers.set("x-accel-buffering", "no");
                response.setChunked(true);
            }
            case JSON, OPAQUE -> {
                var length = head.getHeader(HttpHeaders.CONTENT_LENGTH);
                if (length != null) {
                    headers.set(HttpHeaders.CONTENT_LENGTH, length);
                } else if (!whole) {
                    response.setChunked(true);
                }
            }
            case NOTHING -> {}
        }
    }

    /// Where an answer comes from.
    public interface Source {

        /// Lets no more of it come for now.
        void pause();

        /// Lets it come again.
        void resume();
    }
}
