package com.alltkn.gateway.openai;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The open event of a stream, as far as it was read. One instance is used for event after event,
/// so that reading makes no garbage.
public final class SseEvent {
    private final AnswerReader answer = new AnswerReader();

    private EventType type = EventType.OTHER;
    private int dataLines;
    private boolean done;
    private boolean object;
    private boolean usageChunk;
    private @Nullable TailWindow tail;

    SseEvent() {}

    /// Its type, as its `event:` line says.
    EventType type() {
        return type;
    }

    /// Whether it has any.
    public boolean hasData() {
        return dataLines > 0;
    }

    /// Whether the data is `[DONE]`.
    public boolean isDone() {
        return done;
    }

    /// Whether the data is a JSON object, or begins as one and is too long to be read.
    boolean isObject() {
        return object;
    }

    /// What the data says; holds only if it is an object.
    AnswerReader answer() {
        return answer;
    }

    /// Whether this is a chat chunk that carries only usage.
    public boolean isUsageChunk() {
        return usageChunk;
    }

    /// The usage that the data tells.
    ///
    /// @param depth how many objects enclose it, which is asked of data of which only start and end
    ///   were kept
    Optional<Usage> usage(int depth) {
        return tail == null
                ? answer.usage()
                : TailUsage.find(tail.bytes(), tail.from(), tail.to(), depth);
    }

    int dataLines() {
        return dataLines;
    }

    void named(EventType named) {
        type = named;
    }

    /// Counts a line of data, which is to be read. More than two are as two.
    void dataLine() {
        dataLines = Math.min(2, dataLines + 1);
        done = false;
        object = false;
        usageChunk = false;
    }

    void read(byte[] bytes, int from, int to) {
        done = Lines.startsWithDone(bytes, from, to);
        object = !done && answer.read(bytes, from, to);
        usageChunk = object && answer.isUsageChunk() && !answer.hasError();
    }

    /// @param head the start of the data
    /// @param end its end
    void readCut(byte[] head, int from, TailWindow end) {
        answer.readStart(head, from, head.length);
        object = true;
        tail = end;
    }

    /// Forgets the bytes that were read.
    void forgetData() {
        answer.forget();
        tail = null;
    }

    void forget() {
        type = EventType.OTHER;
        dataLines = 0;
        done = false;
        object = false;
        usageChunk = false;
    }
}
