package com.alltkn.gateway.openai;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Optional;

/// Takes the usage chunk out of a chat stream again, for callers who did not ask for it when the
/// gateway did. The chunk is the event whose data has `"choices":[]` and a `usage` object; it goes
/// with its blank line, but comments inside it stay. All else passes byte for byte, in order. Only
/// the open event is withheld; comments between events, which keep connections alive, go out at
/// once, even unfinished. Not safe for several threads.
///
/// Where events begin and end, and what they are, is told by the splitter of the tap before it,
/// which reads each piece first.
public final class UsageChunkFilter implements AnswerTap, SseConsumer {
    /// Most bytes withheld. A usage chunk has below 1 KiB, so a longer event is none and passes.
    static final int MAX_HELD = 8 * 1024;

    /// Withheld however little memory there is: nearly every usage chunk.
    static final int LITTLE = 1024;

    /// Kept while nothing is withheld, so that it need not be made again for event after event.
    private static final int KEPT = 4 * 1024;

    private static final byte[] NOTHING = {};
    private static final Span[] NONE = {};

    // What is withheld. Offsets are those of the stream.
    private byte[] held = NOTHING;
    private int filled;

    // The first byte of the next piece; what is withheld ends here.
    private long base;

    // The open event; -1 if none is.
    private long eventStart = -1;

    // Whether it begins with a line that is open, which may turn out to be none of it.
    private boolean guessed;

    // Whether it has grown too long to be withheld.
    private boolean passing;

    // Whether the event removed last ended in a CR, so that an LF right behind it belongs to it.
    private boolean dropFeed;

    // The usage chunks that end in the piece that the splitter has read last.
    private Span[] found = NONE;

    @Override
    public void line(long at, boolean comment) {
        if (guessed) {
            // Whether an event starts here is told by the first byte behind a byte order mark.
            guessed = false;
            eventStart = -1;
        }
        if (!comment && eventStart < 0 && !passing) {
            eventStart = at;
        }
    }

    @Override
    public void openLine(long at, boolean colon) {
        if (!colon && eventStart < 0 && !passing) {
            eventStart = at;
            guessed = true;
        }
    }

    @Override
    public void over(SseEvent event, long next) {
        if (guessed) {
            guessed = false;
            eventStart = -1;
        }
        if (eventStart >= 0 && next - eventStart <= MAX_HELD && event.isUsageChunk()) {
            found = Arrays.copyOf(found, found.length + 1);
            found[found.length - 1] = new Span(eventStart, next);
        }
        passing = false;
        eventStart = -1;
    }

    /// Takes the stream's next bytes.
    ///
    /// @return what may go out now, perhaps empty; the same instance if that is all of the piece
    ///   and nothing before it
    @Override
    public Buffer accept(Buffer piece) {
        var end = base + piece.length();
        var from = base - filled;
        Buffer out = null;
        if (dropFeed && piece.length() > 0) {
            dropFeed = false;
            from += startsWithFeed(piece, 0);
        }
        for (var span : found) {
            out = out == null ? Buffer.buffer() : out;
            append(out, piece, from, span.from);
            appendComments(out, piece, span);
            from = span.to;
            var next = (int) (from - base);
            if (piece.getByte(next - 1) == '\r') {
                dropFeed = next == piece.length();
                from += startsWithFeed(piece, next);
            }
        }
        found = NONE;
        var to = goesOutTo(end);
        if (out == null && from == base) {
            out = to == end ? piece : piece.slice(0, (int) (to - base));
        } else {
            out = out == null ? Buffer.buffer((int) (to - from)) : out;
            append(out, piece, from, to);
        }
        withhold(piece, to, end);
        return out;
    }

    /// What is still withheld when the stream has ended. Nothing may be fed after it.
    @Override
    public Optional<Buffer> end() {
        if (filled == 0) {
            return Optional.empty();
        }
        var rest = Buffer.buffer(filled).appendBytes(held, 0, filled);
        filled = 0;
        return Optional.of(rest);
    }

    @Override
    public int held() {
        return held.length;
    }

    /// Holds little from here to the end of the open event, which passes if it is long.
    @Override
    public Optional<Buffer> letGo() {
        var passed = Optional.<Buffer>empty();
        if (filled > LITTLE) {
            passed = end();
            passing = true;
            guessed = false;
            eventStart = -1;
        }
        held = filled == 0 ? NOTHING : Arrays.copyOf(held, filled);
        return passed;
    }

    private static int startsWithFeed(Buffer piece, int at) {
        return at < piece.length() && piece.getByte(at) == '\n' ? 1 : 0;
    }

    private long goesOutTo(long end) {
        if (eventStart < 0) {
            return end;
        }
        if (end - eventStart > MAX_HELD) {
            passing = true;
            guessed = false;
            eventStart = -1;
            return end;
        }
        return eventStart;
    }

    /// Appends a part of the stream, of which the start may be withheld and the end in the piece.
    private void append(Buffer out, Buffer piece, long from, long to) {
        if (from < base) {
            var start = (int) (from - base) + filled;
            out.appendBytes(held, start, (int) (Math.min(to, base) - from));
        }
        if (to > base) {
            var start = (int) (Math.max(from, base) - base);
            out.appendBuffer(piece, start, (int) (to - base) - start);
        }
    }

    private void appendComments(Buffer out, Buffer piece, Span span) {
        var whole = Buffer.buffer();
        append(whole, piece, span.from, span.to);
        var event = whole.getBytes();
        for (var from = 0; from < event.length; ) {
            var lineEnd = Lines.end(event, from, event.length) + 1;
            if (event[lineEnd - 1] == '\r' && lineEnd < event.length && event[lineEnd] == '\n') {
                lineEnd++;
            }
            if (event[from] == ':') {
                out.appendBytes(event, from, lineEnd - from);
            }
            from = lineEnd;
        }
    }

    private void withhold(Buffer piece, long from, long end) {
        if (from < base) {
            var start = (int) (from - base) + filled;
            if (start > 0) {
                System.arraycopy(held, start, held, 0, filled - start);
            }
            filled -= start;
        } else {
            filled = 0;
        }
        var start = (int) (Math.max(from, base) - base);
        var more = piece.length() - start;
        if (more > 0) {
            if (filled + more > held.length) {
                held = Arrays.copyOf(held, Math.max(filled + more, 2 * filled));
            }
            piece.getBytes(start, piece.length(), held, filled);
            filled += more;
        }
        if (filled == 0 && held.length > KEPT) {
            held = NOTHING;
        }
        base = end;
    }

    /// A part of the stream.
    private record Span(long from, long to) {}
}
