package com.alltkn.gateway.openai;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Listens to a stream of server-sent events that is relayed as bytes: whether its last event was
/// seen, what it used, and how an event left open can be closed. What it reads of long events is
/// bounded: a stream whose last event is too long to be read and has no telling `event:` line
/// counts as broken off, for nobody could say that it was not.
public final class SseTap implements AnswerTap, SseConsumer {

    private final StreamEnd end;
    private final boolean closeDelimited;
    private final SseSplitter splitter;

    private boolean terminal;
    private boolean errorSeen;
    private Optional<Usage> usage = Optional.empty();
    private @Nullable String model;

    /// Listens to a stream from its first byte.
    ///
    /// @param end how the endpoint ends its streams
    /// @param closeDelimited whether only the end of the connection ends the stream
    /// @param others are told of each piece too, while this takes it
    public SseTap(StreamEnd end, boolean closeDelimited, SseConsumer... others) {
        this.end = end;
        this.closeDelimited = closeDelimited;
        var consumers = new SseConsumer[1 + others.length];
        consumers[0] = this;
        System.arraycopy(others, 0, consumers, 1, others.length);
        this.splitter = new SseSplitter(consumers);
    }

    @Override
    public Buffer accept(Buffer piece) {
        splitter.accept(piece);
        return piece;
    }

    /// Whether the stream's last event was seen up to the end of its data line; clients need no
    /// more to stop. Never true for `StreamEnd.NONE`.
    public boolean terminal() {
        return terminal;
    }

    /// The last usage that went by.
    @Override
    public Optional<Usage> usage() {
        return usage;
    }

    /// Whether an event reported an error.
    public boolean errorSeen() {
        return errorSeen;
    }

    /// The model that answers, as the first event that names one says; at most 256 characters.
    public @Nullable String model() {
        return model;
    }

    /// Whether another event may follow at once: the stream has just ended an event with a blank
    /// line, or nothing was sent.
    public boolean atEventBoundary() {
        return splitter.atEventBoundary();
    }

    /// The bytes that end an open line and an open event, in the stream's own line ending; empty at
    /// a boundary.
    public Buffer closing() {
        return splitter.closing();
    }

    /// Where only the end of the connection ends the answer, a cut can fall behind the last data
    /// line as well; the blank line is then the only sign that nothing is missing.
    @Override
    public Wholeness wholeness() {
        var whole = end == StreamEnd.NONE || (terminal && (!closeDelimited || atEventBoundary()));
        return whole ? Wholeness.WHOLE : Wholeness.CUT;
    }

    /// An error event says that the stream is broken off, unless the caller has the last event, or
    /// would have with its line finished.
    @Override
    public BreakOff breakOff() {
        var closing = closing();
        splitter.accept(closing);
        if (terminal) {
            return new BreakOff.Cut();
        }
        return errorSeen ? new BreakOff.Said(closing) : new BreakOff.Say(closing);
    }

    @Override
    public int held() {
        return splitter.held();
    }

    @Override
    public Optional<Buffer> letGo() {
        splitter.letGo();
        return Optional.empty();
    }

    @Override
    public void data(SseEvent event) {
        note(event.type());
        if (event.isDone()) {
            terminal |= end == StreamEnd.DONE;
        } else if (event.isObject()) {
            var answer = event.answer();
            note(answer.type());
            errorSeen |= answer.hasError();
            usage = event.usage(end == StreamEnd.RESPONSE ? 2 : 1).or(() -> usage);
            if (model == null) {
                model = answer.model();
            }
        }
    }

    @Override
    public void over(SseEvent event, long next) {
        if (event.hasData() || event.type() == EventType.ERROR) {
            note(event.type());
        }
    }

    private void note(EventType type) {
        terminal |= end == StreamEnd.RESPONSE && type.endsResponse();
        errorSeen |= type.reportsError();
    }
}
