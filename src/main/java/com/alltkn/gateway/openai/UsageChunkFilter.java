package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Takes the usage chunk out of a chat stream again, for callers who did not ask for it when the
/// gateway did. The chunk is the event whose data has `"choices":[]` and a `usage` object; it goes
/// with its blank line, but comments inside it stay. All else passes byte for byte, in order. Only
/// the open event is withheld; comments between events, which keep connections alive, go out at
/// once, even unfinished. Not safe for several threads.
public final class UsageChunkFilter {
    /// Most bytes withheld. A usage chunk has below 1 KiB, so a longer event is none and passes.
    static final int MAX_HELD = 8 * 1024;

    /// Withheld however little memory there is: nearly every usage chunk.
    static final int LITTLE = 1024;

    private static final byte[] DATA = "data".getBytes(US_ASCII);
    private static final byte[] NOTHING = {};

    private final AnswerReader answer = new AnswerReader();

    // What is withheld, and behind it the chunk at hand. Offsets below count from its start.
    private byte[] held = NOTHING;
    private int filled;
    private int scanned;
    private int lineStart;

    // Whether the start of the open line has already gone out.
    private boolean lineLeft;
    private boolean firstLine = true;
    private boolean afterReturn;

    // Whether the event removed last ended in a CR, so that an LF right behind it belongs to it.
    private boolean dropFeed;

    // The open event; -1 if none is.
    private int eventStart = -1;
    private int dataLines;
    private int dataFrom;
    private int dataTo;

    // Whether the open event has grown too long to be withheld.
    private boolean passing;

    // What goes out of the chunk at hand: `out`, then the bytes from `outFrom` on.
    private @Nullable Buffer out;
    private int outFrom;

    /// Takes the stream's next bytes.
    ///
    /// @return what may go out now, perhaps empty; the same instance if that is all of the chunk
    ///   and nothing before it
    public Buffer accept(Buffer chunk) {
        var withheld = filled;
        append(chunk);
        out = null;
        outFrom = 0;
        readLines();
        var outTo = outTo();
        var result = out;
        if (result == null && withheld == 0 && outFrom == 0) {
            result = outTo == filled ? chunk : chunk.slice(0, outTo);
        } else {
            result = result == null ? Buffer.buffer(outTo - outFrom) : result;
            result.appendBytes(held, outFrom, outTo - outFrom);
        }
        forget(outTo);
        return result;
    }

    /// How much it holds, in bytes.
    public int held() {
        return held.length;
    }

    /// Holds little from here to the end of the open event, which passes if it is long.
    ///
    /// @return what goes out for that, perhaps empty
    public Buffer letGo() {
        var passed = Buffer.buffer();
        if (filled > LITTLE) {
            passed.appendBytes(held, 0, filled);
            passing = true;
            eventStart = -1;
            dataLines = 0;
            forget(filled);
        }
        held = filled == 0 ? NOTHING : Arrays.copyOf(held, filled);
        return passed;
    }

    /// What is still withheld when the stream has ended, perhaps empty. Nothing may be fed after
    /// it.
    public Buffer end() {
        var rest = Buffer.buffer(filled).appendBytes(held, 0, filled);
        filled = 0;
        return rest;
    }

    private void append(Buffer chunk) {
        var needed = filled + chunk.length();
        if (needed > held.length) {
            held = Arrays.copyOf(held, Math.max(needed, 2 * filled));
        }
        chunk.getBytes(0, chunk.length(), held, filled);
        filled = needed;
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
            lineStart = eol + 1;
            scanned = lineStart;
            lineLeft = false;
        }
        scanned = filled;
        if (lineStart < filled && !lineLeft && !passing && eventStart < 0) {
            eventStart = held[lineStart] == ':' ? -1 : lineStart;
        }
    }

    private void skipFeedAfterReturn() {
        if (!afterReturn || scanned == filled) {
            return;
        }
        afterReturn = false;
        if (held[scanned] == '\n') {
            scanned++;
            lineStart = scanned;
            if (dropFeed) {
                outFrom = scanned;
            }
        }
        dropFeed = false;
    }

    private void endLine(int eol) {
        var from = firstLine ? Lines.afterByteOrderMark(held, lineStart, eol) : lineStart;
        firstLine = false;
        if (lineLeft || passing) {
            if (!lineLeft && from == eol) {
                passing = false;
            }
            return;
        }
        if (eventStart == lineStart) {
            // Whether an event starts here is told by the first byte behind a byte order mark.
            eventStart = -1;
        }
        if (from == eol) {
            endEvent(eol + 1);
            return;
        }
        if (held[from] == ':') {
            return;
        }
        if (eventStart < 0) {
            eventStart = from;
        }
        var value = Lines.valueOf(DATA, held, from, eol);
        if (value >= 0) {
            dataLines++;
            dataFrom = value;
            dataTo = eol;
        }
    }

    private void endEvent(int next) {
        if (eventStart >= 0 && next - eventStart <= MAX_HELD && isUsageChunk(next)) {
            var passed = out == null ? Buffer.buffer() : out;
            passed.appendBytes(held, outFrom, eventStart - outFrom);
            appendComments(passed, next);
            out = passed;
            outFrom = next;
            dropFeed = held[next - 1] == '\r';
        }
        eventStart = -1;
        dataLines = 0;
    }

    private boolean isUsageChunk(int next) {
        var isObject =
                switch (dataLines) {
                    case 0 -> false;
                    case 1 -> answer.read(held, dataFrom, dataTo);
                    default -> {
                        var data = joinedData(next);
                        yield answer.read(data, 0, data.length);
                    }
                };
        var isUsage = isObject && answer.isUsageChunk() && !answer.hasError();
        answer.forget();
        return isUsage;
    }

    private byte[] joinedData(int next) {
        var data = new ByteArrayOutputStream();
        for (var from = eventStart; from < next; ) {
            var eol = Lines.end(held, from, next);
            var value = Lines.valueOf(DATA, held, from, eol);
            if (value >= 0) {
                data.write(held, value, eol - value);
                data.write('\n');
            }
            from = eol + 1;
        }
        return data.toByteArray();
    }

    private void appendComments(Buffer passed, int next) {
        for (var from = eventStart; from < next; ) {
            var lineEnd = Lines.end(held, from, next) + 1;
            if (held[lineEnd - 1] == '\r' && lineEnd < next && held[lineEnd] == '\n') {
                lineEnd++;
            }
            if (held[from] == ':') {
                passed.appendBytes(held, from, lineEnd - from);
            }
            from = lineEnd;
        }
    }

    private int outTo() {
        if (eventStart < 0) {
            return filled;
        }
        if (filled - eventStart > MAX_HELD) {
            passing = true;
            eventStart = -1;
            dataLines = 0;
            return filled;
        }
        return eventStart;
    }

    private void forget(int to) {
        lineLeft |= lineStart < to && lineStart < filled;
        if (to > 0) {
            // Else what is withheld would be moved again for each byte that comes alone.
            System.arraycopy(held, to, held, 0, filled - to);
        }
        filled -= to;
        scanned = filled;
        lineStart = Math.max(0, lineStart - to);
        if (eventStart >= 0) {
            eventStart -= to;
            dataFrom -= to;
            dataTo -= to;
        }
        if (held.length > 2 * MAX_HELD) {
            // As long as the chunk was; the little that is withheld must not keep all of it.
            held = filled == 0 ? NOTHING : Arrays.copyOf(held, filled);
        }
    }
}
