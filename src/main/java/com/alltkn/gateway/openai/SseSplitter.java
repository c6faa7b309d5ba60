package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Splits a stream of server-sent events (WHATWG HTML, "Server-sent events", 9.2.6) that comes in
/// chunks into lines and events, reads the data of each, and tells its consumers, in their order.
/// Never throws, whatever the bytes, and says the same however they are split. Not safe for several
/// threads.
///
/// Of an event that is longer than 16 KiB, it reads what it can without the whole: the first line
/// of its data, or start and end of that. Reading goes on with the next event.
final class SseSplitter {
    /// Longest line that is held and read as a whole; of a longer one only start and end are kept.
    /// Chat chunks stay below 10 KiB; the last event of a response carries all of it, is recognised
    /// by its start, and ends with its usage. With 4000 streams at once every KiB is 4 MiB.
    static final int MAX_LINE = 16 * 1024;

    /// Kept of the start of a longer line: enough for `type`, which comes first.
    private static final int HEAD = 4 * 1024;

    /// Kept of its end: enough for `usage` and the members behind it.
    private static final int TAIL = 16 * 1024;

    /// Held however little memory there is, of an open line or of its start: enough for the last
    /// event of nearly every stream.
    private static final int LITTLE = 1024;

    /// A larger chunk is read in parts, so that what is held stays bounded.
    private static final int STEP = 4 * 1024;

    private static final byte[] DATA = "data".getBytes(US_ASCII);
    private static final byte[] EVENT = "event".getBytes(US_ASCII);
    private static final byte[] NOTHING = {};

    private enum LineEnding {
        LF,
        CRLF,
        CR
    }

    private final SseConsumer[] consumers;
    private final SseEvent event = new SseEvent();

    // The text not yet done with: an open line, and the first data line of an open event.
    private byte[] held = NOTHING;
    private int filled;
    private int scanned;
    private int lineStart;
    private @Nullable LongLine longLine;

    // Where in the stream the held text and the open line begin.
    private long heldAt;
    private long lineAt;

    private boolean firstLine = true;
    private boolean afterReturn;
    private boolean afterBlank = true;
    private LineEnding ending = LineEnding.LF;

    // The data of the open event.
    private int dataFrom;
    private int dataTo;
    private @Nullable ByteArrayOutputStream joined;
    private boolean unreadable;

    /// @param consumers are told; not copied
    SseSplitter(SseConsumer... consumers) {
        this.consumers = consumers;
    }

    /// Reads a chunk; does not keep it.
    void accept(Buffer chunk) {
        for (var from = 0; from < chunk.length(); from += STEP) {
            var to = Math.min(chunk.length(), from + STEP);
            makeRoom(to - from);
            chunk.getBytes(from, to, held, filled);
            filled += to - from;
            readLines();
        }
        if (isLineOpen()) {
            var colon = (longLine == null ? held[lineStart] : longLine.head[0]) == ':';
            for (var consumer : consumers) {
                consumer.openLine(lineAt, colon);
            }
        }
        if (keptFrom() == filled) {
            forget(filled);
            if (held.length > STEP) {
                held = NOTHING;
            }
        }
    }

    /// How much it holds, in bytes.
    int held() {
        var line = longLine;
        return held.length
                + (line == null ? 0 : line.head.length + line.tail.held())
                + (joined == null ? 0 : 2 * joined.size());
    }

    /// Holds little from here to the end of the open event, which is read as one that is too long.
    void letGo() {
        if (joined != null || (holdsData() && filled - dataFrom > LITTLE)) {
            unreadable = true;
            joined = null;
        }
        forget(keptFrom());
        var line = longLine;
        if (line != null) {
            line.letGo();
        } else if (filled > LITTLE) {
            line = new LongLine(Arrays.copyOf(held, LITTLE));
            line.tail.append(held, 0, filled);
            line.letGo();
            longLine = line;
            lineStart = filled;
            forget(filled);
        }
        held = filled == 0 ? NOTHING : Arrays.copyOf(held, filled);
    }

    /// Whether another event may follow at once: the stream has just ended an event with a blank
    /// line, or nothing was sent.
    boolean atEventBoundary() {
        return afterBlank && !isLineOpen();
    }

    /// The bytes that end an open line and an open event, in the stream's own line ending; empty at
    /// a boundary.
    Buffer closing() {
        if (atEventBoundary()) {
            return Buffer.buffer();
        }
        if (isLineOpen()) {
            return Buffer.buffer(
                    switch (ending) {
                        case LF -> "\n\n";
                        case CRLF -> "\r\n\r\n";
                        case CR -> "\r\r";
                    });
        }
        return Buffer.buffer(
                switch (ending) {
                    // After a CR, an LF is only the other half of the line ending, and the blank
                    // line is still to come.
                    case LF -> afterReturn ? "\n\n" : "\n";
                    case CRLF -> afterReturn ? "\n\r\n" : "\r\n";
                    case CR -> "\r";
                });
    }

    private boolean isLineOpen() {
        return longLine != null || lineStart < filled;
    }

    private void readLines() {
        while (true) {
            skipFeedAfterReturn();
            var eol = Lines.end(held, scanned, filled);
            if (eol < 0) {
                break;
            }
            endLine(eol);
            afterReturn = held[eol] == '\r';
            if (!afterReturn) {
                ending = LineEnding.LF;
            }
            startLine(eol + 1);
        }
        scanned = filled;
        if (longLine != null || filled - lineStart > MAX_LINE) {
            continueLongLine(filled);
            lineStart = filled;
        }
        if (holdsData() && filled - dataFrom > MAX_LINE) {
            // It is held for a second line of data only, behind whatever comes between the two.
            unreadable = true;
        }
    }

    private void startLine(int at) {
        scanned = at;
        lineStart = at;
        lineAt = heldAt + at;
    }

    private void skipFeedAfterReturn() {
        if (!afterReturn || scanned == filled) {
            return;
        }
        afterReturn = false;
        if (held[scanned] == '\n') {
            ending = LineEnding.CRLF;
            startLine(scanned + 1);
        } else {
            ending = LineEnding.CR;
        }
    }

    private void endLine(int eol) {
        var wasFirst = firstLine;
        firstLine = false;
        if (longLine != null || eol - lineStart > MAX_LINE) {
            afterBlank = false;
            endLongLine(continueLongLine(eol), wasFirst);
            longLine = null;
            return;
        }
        var from = wasFirst ? Lines.afterByteOrderMark(held, lineStart, eol) : lineStart;
        afterBlank = from == eol;
        if (afterBlank) {
            endEvent(heldAt + eol + 1);
            return;
        }
        tellOfLine(from - lineStart, held[from]);
        var value = Lines.valueOf(DATA, held, from, eol);
        if (value >= 0) {
            readDataLine(value, eol);
            return;
        }
        value = Lines.valueOf(EVENT, held, from, eol);
        if (value >= 0) {
            event.named(EventType.of(held, value, eol));
        }
    }

    private void tellOfLine(int mark, byte first) {
        for (var consumer : consumers) {
            consumer.line(lineAt + mark, first == ':');
        }
    }

    private void readDataLine(int from, int to) {
        event.dataLine();
        if (event.dataLines() == 1) {
            dataFrom = from;
            dataTo = to;
            readData(held, from, to);
            return;
        }
        if (unreadable) {
            return;
        }
        var data = joined;
        if (data == null && to - dataFrom > MAX_LINE) {
            unreadable = true;
            return;
        }
        if (data == null) {
            data = new ByteArrayOutputStream();
            data.write(held, dataFrom, dataTo - dataFrom);
            joined = data;
        }
        if (data.size() + 1 + to - from > MAX_LINE) {
            unreadable = true;
            joined = null;
            return;
        }
        data.write('\n');
        data.write(held, from, to - from);
    }

    private void endEvent(long next) {
        var data = joined;
        if (data != null) {
            readData(data.toByteArray(), 0, data.size());
        }
        for (var consumer : consumers) {
            consumer.over(event, next);
        }
        event.forget();
        joined = null;
        unreadable = false;
    }

    private void readData(byte[] bytes, int from, int to) {
        event.read(bytes, from, to);
        tellOfData();
    }

    private void tellOfData() {
        for (var consumer : consumers) {
            consumer.data(event);
        }
        event.forgetData();
    }

    private LongLine continueLongLine(int to) {
        var line = longLine;
        if (line == null) {
            line = new LongLine(Arrays.copyOfRange(held, lineStart, lineStart + HEAD));
            longLine = line;
        }
        line.tail.append(held, lineStart, to);
        lineStart = to;
        return line;
    }

    private void endLongLine(LongLine line, boolean wasFirst) {
        var head = line.head;
        var from = wasFirst ? Lines.afterByteOrderMark(head, 0, head.length) : 0;
        tellOfLine(from, head[from]);
        var value = Lines.valueOf(DATA, head, from, head.length);
        if (value < 0) {
            return;
        }
        event.dataLine();
        unreadable = true;
        joined = null;
        if (event.dataLines() == 1) {
            event.readCut(head, value, line.tail);
            tellOfData();
        }
    }

    /// The first byte that is still needed.
    private int keptFrom() {
        return holdsData() ? dataFrom : lineStart;
    }

    private boolean holdsData() {
        return event.dataLines() == 1 && joined == null && !unreadable;
    }

    private void makeRoom(int more) {
        if (filled + more <= held.length) {
            return;
        }
        forget(keptFrom());
        if (filled + more > held.length) {
            // At the most there is room for one step more, so that a text held as a whole is moved
            // once a step and not once a byte.
            held =
                    Arrays.copyOf(
                            held,
                            Math.max(filled + more, Math.min(2 * held.length, MAX_LINE + STEP)));
        }
    }

    private void forget(int to) {
        System.arraycopy(held, to, held, 0, filled - to);
        heldAt += to;
        filled -= to;
        scanned -= to;
        lineStart -= to;
        dataFrom -= to;
        dataTo -= to;
    }

    /// What is kept of a line too long to be held.
    private static final class LongLine {
        byte[] head;
        final TailWindow tail = new TailWindow(TAIL);

        LongLine(byte[] head) {
            this.head = head;
        }

        void letGo() {
            head = Arrays.copyOf(head, LITTLE);
            tail.shrink(LITTLE / 2);
        }
    }
}
