package com.alltkn.gateway.openai;

import io.vertx.core.buffer.Buffer;

/// Tells whether a JSON text that goes by in chunks is whole, for answers whose only other end is
/// that of the connection. Counts brackets outside of strings; it does not check the grammar. Not
/// safe for several threads.
public final class JsonBalance {
    private enum State {
        BEFORE,
        INSIDE,
        STRING,
        ESCAPE,
        WORD,
        AFTER,
        BROKEN
    }

    private static final int STEP = 4 * 1024;
    private static final byte[] NOTHING = {};

    private byte[] step = NOTHING;
    private State state = State.BEFORE;
    private long depth;

    /// Reads a chunk; does not keep it.
    public void accept(Buffer chunk) {
        for (var from = 0; from < chunk.length(); from += STEP) {
            var to = Math.min(chunk.length(), from + STEP);
            if (step.length < to - from) {
                step = new byte[to - from];
            }
            chunk.getBytes(from, to, step);
            read(step, to - from);
        }
    }

    /// How much it holds, in bytes.
    public int held() {
        return step.length;
    }

    /// Forgets what it can do without.
    public void letGo() {
        step = NOTHING;
    }

    /// Whether exactly one value and nothing but white space has gone by. A bare number or word is
    /// only known to be whole once white space follows it.
    public boolean whole() {
        return state == State.AFTER;
    }

    private void read(byte[] bytes, int length) {
        var now = state;
        for (var i = 0; i < length; i++) {
            now = next(now, bytes[i]);
        }
        state = now;
    }

    private State next(State now, byte b) {
        return switch (now) {
            case STRING ->
                    switch (b) {
                        case '"' -> depth == 0 ? State.AFTER : State.INSIDE;
                        case '\\' -> State.ESCAPE;
                        default -> State.STRING;
                    };
            case INSIDE ->
                    switch (b) {
                        case '"' -> State.STRING;
                        case '{', '[' -> {
                            depth++;
                            yield State.INSIDE;
                        }
                        case '}', ']' -> --depth == 0 ? State.AFTER : State.INSIDE;
                        default -> State.INSIDE;
                    };
            case ESCAPE -> State.STRING;
            case BEFORE -> isSpace(b) ? State.BEFORE : start(b);
            case WORD -> isSpace(b) ? State.AFTER : word(b);
            case AFTER -> isSpace(b) ? State.AFTER : State.BROKEN;
            case BROKEN -> State.BROKEN;
        };
    }

    private State start(byte b) {
        return switch (b) {
            case '{', '[' -> {
                depth++;
                yield State.INSIDE;
            }
            case '"' -> State.STRING;
            default -> word(b);
        };
    }

    private static State word(byte b) {
        return Character.isLetterOrDigit(b) || b == '-' || b == '+' || b == '.'
                ? State.WORD
                : State.BROKEN;
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }
}
