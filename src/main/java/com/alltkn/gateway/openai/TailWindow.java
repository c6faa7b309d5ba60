package com.alltkn.gateway.openai;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/// The last bytes of a text that goes by in chunks. Copies them, so that no chunk is kept alive for
/// its end; holds at most twice its capacity, however many and however large the chunks are.
final class TailWindow {
    private int capacity;
    private byte[] bytes = {};
    private int filled;
    private boolean truncated;

    TailWindow(int capacity) {
        this.capacity = capacity;
    }

    void append(Buffer chunk) {
        var length = chunk.length();
        var taken = Math.min(length, capacity);
        truncated |= taken < length;
        makeRoom(taken);
        chunk.getBytes(length - taken, length, bytes, filled);
        filled += taken;
    }

    void append(byte[] source, int from, int to) {
        var taken = Math.min(to - from, capacity);
        truncated |= taken < to - from;
        makeRoom(taken);
        System.arraycopy(source, to - taken, bytes, filled, taken);
        filled += taken;
    }

    /// Keeps no more than so much from now on.
    void shrink(int to) {
        capacity = Math.min(capacity, to);
        var from = from();
        truncated |= from > 0;
        bytes = Arrays.copyOfRange(bytes, from, filled);
        filled = bytes.length;
    }

    /// How much it takes, in bytes.
    int held() {
        return bytes.length;
    }

    /// Whether the window has lost the start of the text.
    boolean isTruncated() {
        return truncated || filled > capacity;
    }

    /// The array that holds the window, from `from()` to `to()`.
    byte[] bytes() {
        return bytes;
    }

    int from() {
        return Math.max(0, filled - capacity);
    }

    int to() {
        return filled;
    }

    private void makeRoom(int more) {
        if (filled + more <= bytes.length) {
            return;
        }
        if (filled + more > 2 * capacity) {
            var from = Math.max(0, filled - capacity);
            truncated |= from > 0;
            System.arraycopy(bytes, from, bytes, 0, filled - from);
            filled -= from;
        }
        if (filled + more > bytes.length) {
            var grown = Math.max(filled + more, Math.min(2 * bytes.length, 2 * capacity));
            bytes = Arrays.copyOf(bytes, grown);
        }
    }
}
