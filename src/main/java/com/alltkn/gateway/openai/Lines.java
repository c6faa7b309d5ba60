package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Lines of a text of server-sent events, which end in LF, CRLF or CR (WHATWG HTML, "Server-sent
/// events", 9.2.6), and the fields on them.
final class Lines {
    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH = 0x8080808080808080L;
    private static final long FEEDS = '\n' * ONES;
    private static final long RETURNS = '\r' * ONES;

    private static final byte[] DONE = "[DONE]".getBytes(US_ASCII);

    private Lines() {}

    /// The first LF or CR in a span, or -1. Eight bytes at a step; the lowest bit set is exact, for
    /// a borrow only spoils bytes behind the first hit.
    static int end(byte[] bytes, int from, int to) {
        var i = from;
        while (i + 8 <= to) {
            var word = (long) LONGS.get(bytes, i);
            var feeds = word ^ FEEDS;
            var returns = word ^ RETURNS;
            var hits = (((feeds - ONES) & ~feeds) | ((returns - ONES) & ~returns)) & HIGH;
            if (hits != 0) {
                return i + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
            i += 8;
        }
        while (i < to) {
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                return i;
            }
            i++;
        }
        return -1;
    }

    /// Where the value of a field starts if the line has that name, else -1. One space after the
    /// colon is not part of it; a line of the name alone has an empty value.
    static int valueOf(byte[] name, byte[] bytes, int from, int to) {
        if (to - from < name.length) {
            return -1;
        }
        for (var i = 0; i < name.length; i++) {
            if (bytes[from + i] != name[i]) {
                return -1;
            }
        }
        var colon = from + name.length;
        if (colon == to) {
            return to;
        }
        if (bytes[colon] != ':') {
            return -1;
        }
        return colon + 1 < to && bytes[colon + 1] == ' ' ? colon + 2 : colon + 1;
    }

    /// Whether data is that of the last event of a chat.
    static boolean startsWithDone(byte[] bytes, int from, int to) {
        return to - from >= DONE.length
                && Arrays.equals(bytes, from, from + DONE.length, DONE, 0, DONE.length);
    }

    /// The first byte after a byte order mark, which only the start of a stream may have.
    static int afterByteOrderMark(byte[] bytes, int from, int to) {
        return to - from >= 3
                        && bytes[from] == (byte) 0xEF
                        && bytes[from + 1] == (byte) 0xBB
                        && bytes[from + 2] == (byte) 0xBF
                ? from + 3
                : from;
    }
}
