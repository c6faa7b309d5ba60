package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.openai.JsonAnswerTap;
import com.alltkn.gateway.openai.JsonBalance;
import com.alltkn.gateway.openai.SseTap;
import com.alltkn.gateway.openai.StreamEnd;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.openai.UsageChunkFilter;
import com.alltkn.gateway.secret.SecretMask;
import com.alltkn.gateway.upstream.AnswerHeaders;
import com.alltkn.gateway.upstream.Attempt;
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

    private final Attempt attempt;
    private final AnswerKind kind;
    private final StreamEnd streamEnd;
    private final HttpClientResponse head;
    private final HttpServerResponse response;
    private final Consumer<MultiMap> headers;
    private final SecretMask.Pieces mask;
    private final boolean closeDelimited;
    private final @Nullable SseTap events;
    private final @Nullable UsageChunkFilter withoutUsage;
    private final @Nullable JsonAnswerTap json;
    private final @Nullable JsonBalance balance;

    /// JSON is of no use before its end, so its last piece waits for that if it is small: one write
    /// in place of two.
    private @Nullable Buffer held;

    private boolean jsonSeen;
    private boolean begun;
    private long written;

    public Relay(
            Attempt attempt,
            AnswerKind kind,
            StreamEnd streamEnd,
            boolean usageAdded,
            SecretMask mask,
            HttpClientResponse head,
            HttpServerResponse response,
            Consumer<MultiMap> headers) {
        this.attempt = attempt;
        this.kind = kind;
        this.streamEnd = streamEnd;
        this.head = head;
        this.response = response;
        this.headers = headers;
        this.mask = mask.pieces();
        this.closeDelimited =
                head.getHeader(HttpHeaders.CONTENT_LENGTH) == null
                        && head.getHeader(HttpHeaders.TRANSFER_ENCODING) == null;
        this.events = kind == AnswerKind.EVENTS ? new SseTap(streamEnd) : null;
        this.withoutUsage = events != null && usageAdded ? new UsageChunkFilter() : null;
        this.json = kind == AnswerKind.JSON ? new JsonAnswerTap() : null;
        this.balance = json != null && closeDelimited ? new JsonBalance() : null;
    }

    /// Takes a piece of the answer.
    ///
    /// @return whether it can be the answer's; if not, it has not been written
    public boolean accept(Buffer chunk) {
        return take(mask.accept(chunk));
    }

    private boolean take(Buffer chunk) {
        if (events != null) {
            events.accept(chunk);
            write(withoutUsage == null ? chunk : withoutUsage.accept(chunk));
            return true;
        }
        if (json != null) {
            json.accept(chunk);
            if (balance != null) {
                balance.accept(chunk);
            }
            if (!jsonSeen && !startsJson(chunk)) {
                return false;
            }
            if (held != null) {
                write(held);
            }
            held = null;
            if (chunk.length() <= MOST_HELD) {
                held = chunk;
            } else {
                write(chunk);
            }
            return true;
        }
        write(chunk);
        return true;
    }

    /// Ends the answer, for upstream's is whole in its framing.
    ///
    /// @return what is missing all the same; if so, nothing is ended yet
    public Optional<GatewayError> end() {
        var rest = mask.end();
        if (rest.length() > 0 && !take(rest)) {
            return Optional.of(new GatewayError.UpstreamInvalidAnswer());
        }
        if (events != null) {
            if (withoutUsage != null) {
                write(withoutUsage.end());
            }
            if (!wholeStream(events)) {
                return Optional.of(new GatewayError.UpstreamInterrupted());
            }
        } else if (json != null) {
            if (!jsonSeen) {
                return Optional.of(new GatewayError.UpstreamInvalidAnswer());
            }
            if (balance != null && !balance.whole()) {
                return Optional.of(new GatewayError.UpstreamInterrupted());
            }
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
        if (events == null) {
            caller.cut();
            return;
        }
        var closing = events.closing();
        events.accept(closing);
        if (events.terminal()) {
            // The caller has the last event, or would have with its line finished.
            caller.cut();
            return;
        }
        if (events.errorSeen() && withoutUsage != null) {
            // Upstream's own words, perhaps not yet ended by their blank line.
            write(withoutUsage.end());
        }
        write(closing);
        if (!events.errorSeen()) {
            write(caller.event(error));
        }
        response.end();
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
        return events != null ? events.usage() : json != null ? json.usage() : Optional.empty();
    }

    /// Where only the end of the connection ends the answer, a cut can fall behind the last data
    /// line as well; the blank line is then the only sign that nothing is missing.
    private boolean wholeStream(SseTap events) {
        return streamEnd == StreamEnd.NONE
                || (events.terminal() && (!closeDelimited || events.atEventBoundary()));
    }

    private void write(Buffer bytes) {
        if (bytes.length() == 0) {
            return;
        }
        begin(false);
        written += bytes.length();
        response.write(bytes);
        if (response.writeQueueFull()) {
            attempt.pause();
            response.drainHandler(_ -> attempt.resume());
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

    /// Whether a piece can be the start of a JSON answer: nothing but space so far, which keeps a
    /// connection alive, or an object or array behind it.
    private boolean startsJson(Buffer chunk) {
        for (int i = 0; i < chunk.length(); i++) {
            switch (chunk.getByte(i)) {
                case ' ', '\t', '\r', '\n' -> {}
                case '{', '[' -> {
                    jsonSeen = true;
                    return true;
                }
                default -> {
                    return false;
                }
            }
        }
        return true;
    }
}
