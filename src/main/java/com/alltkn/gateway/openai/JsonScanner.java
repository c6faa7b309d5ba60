package com.alltkn.gateway.openai;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Walks one JSON text (RFC 8259) in place: members are visited one by one, values are checked and
/// skipped, nothing is copied. The whole grammar is checked, strict UTF-8 included, so that a text
/// this scanner accepts means the same to any other parser. Strings, which are nearly all of a
/// prompt, are skipped eight bytes at a step.
///
/// A method that says `false` either met the end of an object or failed; `failure()` tells which.
/// After a failure the scanner must not be used further.
final class JsonScanner {
    /// Deepest nesting of objects and arrays. Tool schemas stay below 20; skipping is recursive, so
    /// the depth is bounded.
    static final int MAX_DEPTH = 128;

    /// Most characters of a number. Doubles need 17 digits; some parsers take quadratic time for
    /// more.
    static final int MAX_NUMBER = 1000;

    /// Most bytes of a member's name as written. Names are property names, never content.
    static final int MAX_NAME = 4096;

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH = 0x8080808080808080L;
    private static final long QUOTES = '"' * ONES;
    private static final long BACKSLASHES = '\\' * ONES;
    private static final long SPACES = ' ' * ONES;

    /// Why a text was not accepted.
    enum Failure {
        SYNTAX,
        TRUNCATED,
        ENCODING,
        DEPTH,
        NUMBER,
        NAME
    }

    private final byte[] bytes;
    private final int end;
    private int at;
    private int depth;
    private boolean first;
    private boolean escaped;
    private int keyFrom;
    private int keyTo;
    private boolean keyEscaped;
    private @Nullable Failure failure;

    /// Starts at `from`; bytes from `to` on are not looked at.
    JsonScanner(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        this.at = from;
        this.end = to;
    }

    /// The next byte to be read.
    int position() {
        return at;
    }

    @Nullable Failure failure() {
        return failure;
    }

    /// Steps into the object that starts here; `false` if anything else does.
    boolean enterObject() {
        skipSpace();
        if (at >= end) {
            return fail(Failure.TRUNCATED);
        }
        if (bytes[at] != '{') {
            return fail(Failure.SYNTAX);
        }
        if (++depth > MAX_DEPTH) {
            return fail(Failure.DEPTH);
        }
        at++;
        first = true;
        return true;
    }

    /// Moves to the value of the next member of the object entered last; `false` at its end, which
    /// leaves the object.
    boolean nextMember() {
        skipSpace();
        if (at >= end) {
            return fail(Failure.TRUNCATED);
        }
        var b = bytes[at];
        if (b == '}') {
            at++;
            depth--;
            first = false;
            return false;
        }
        if (first) {
            first = false;
        } else {
            if (b != ',') {
                return fail(Failure.SYNTAX);
            }
            at++;
            skipSpace();
        }
        return readKey();
    }

    /// Whether the member's name, unescaped, is this ASCII word.
    boolean keyIs(byte[] word) {
        if (keyEscaped) {
            return key().equals(new String(word, StandardCharsets.US_ASCII));
        }
        return Arrays.equals(bytes, keyFrom, keyTo, word, 0, word.length);
    }

    /// The member's name, unescaped.
    String key() {
        return decode(keyFrom, keyTo);
    }

    /// The first byte of the value that starts here, which tells its kind; 0 at the end of the
    /// text.
    byte peek() {
        skipSpace();
        return at < end ? bytes[at] : 0;
    }

    /// Passes over one value of any kind.
    boolean skipValue() {
        skipSpace();
        if (at >= end) {
            return fail(Failure.TRUNCATED);
        }
        return switch (bytes[at]) {
            case '"' -> skipString();
            case '{' -> skipObject();
            case '[' -> skipArray();
            case 't' -> skipWord("true");
            case 'f' -> skipWord("false");
            case 'n' -> skipWord("null");
            default -> skipNumber();
        };
    }

    /// Whether nothing but white space is left.
    boolean atEnd() {
        skipSpace();
        return at == end;
    }

    /// The text of a string already passed over, whose span includes its quotes.
    String text(int from, int to) {
        return decode(from + 1, to - 1);
    }

    private boolean readKey() {
        if (at >= end) {
            return fail(Failure.TRUNCATED);
        }
        if (bytes[at] != '"') {
            return fail(Failure.SYNTAX);
        }
        keyFrom = at + 1;
        if (!skipString()) {
            return false;
        }
        keyTo = at - 1;
        keyEscaped = escaped;
        if (keyTo - keyFrom > MAX_NAME) {
            return fail(Failure.NAME);
        }
        skipSpace();
        if (at >= end) {
            return fail(Failure.TRUNCATED);
        }
        if (bytes[at] != ':') {
            return fail(Failure.SYNTAX);
        }
        at++;
        skipSpace();
        return true;
    }

    private boolean skipObject() {
        if (!enterObject()) {
            return false;
        }
        while (nextMember()) {
            if (!skipValue()) {
                return false;
            }
        }
        return failure == null;
    }

    private boolean skipArray() {
        if (++depth > MAX_DEPTH) {
            return fail(Failure.DEPTH);
        }
        at++;
        if (peek() == ']') {
            at++;
            depth--;
            return true;
        }
        while (skipValue()) {
            skipSpace();
            if (at >= end) {
                return fail(Failure.TRUNCATED);
            }
            var b = bytes[at++];
            if (b == ']') {
                depth--;
                return true;
            }
            if (b != ',') {
                return fail(Failure.SYNTAX);
            }
        }
        return false;
    }

    /// Passes over the string whose opening quote is here.
    private boolean skipString() {
        escaped = false;
        var i = at + 1;
        while (true) {
            i = plainEnd(i);
            if (i >= end) {
                return fail(Failure.TRUNCATED);
            }
            var b = bytes[i];
            if (b == '"') {
                at = i + 1;
                return true;
            }
            if (b >= 0 && b < ' ') {
                return fail(Failure.SYNTAX);
            }
            if (b == '\\') {
                escaped = true;
                i = escapeEnd(i);
            } else {
                i = Utf8.sequencesEnd(bytes, i, end);
                if (i < 0) {
                    return fail(Failure.ENCODING);
                }
            }
            if (i < 0) {
                return false;
            }
        }
    }

    /// The first byte at or after `i` that is a quote, a backslash, a control character or not
    /// ASCII. For ASCII bytes a subtraction sets the high bit exactly where it went below zero, and
    /// a borrow only spoils bytes behind the first hit.
    private int plainEnd(int i) {
        var from = i;
        while (from + 8 <= end) {
            var word = (long) LONGS.get(bytes, from);
            var hits =
                    (((word ^ QUOTES) - ONES)
                                    | ((word ^ BACKSLASHES) - ONES)
                                    | (word - SPACES)
                                    | word)
                            & HIGH;
            if (hits != 0) {
                return from + (Long.numberOfTrailingZeros(hits) >>> 3);
            }
            from += 8;
        }
        while (from < end) {
            var b = bytes[from];
            if (b < ' ' || b == '"' || b == '\\') {
                return from;
            }
            from++;
        }
        return from;
    }

    /// The byte after the escape that starts here, or -1.
    private int escapeEnd(int i) {
        if (i + 1 >= end) {
            fail(Failure.TRUNCATED);
            return -1;
        }
        switch (bytes[i + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
                return i + 2;
            }
            case 'u' -> {
                for (var digit = i + 2; digit < i + 6; digit++) {
                    if (digit >= end) {
                        fail(Failure.TRUNCATED);
                        return -1;
                    }
                    if (Character.digit(bytes[digit], 16) < 0) {
                        fail(Failure.SYNTAX);
                        return -1;
                    }
                }
                return i + 6;
            }
            default -> {
                fail(Failure.SYNTAX);
                return -1;
            }
        }
    }

    private boolean skipWord(String word) {
        for (var i = 0; i < word.length(); i++) {
            if (at >= end) {
                return fail(Failure.TRUNCATED);
            }
            if (bytes[at++] != word.charAt(i)) {
                return fail(Failure.SYNTAX);
            }
        }
        return true;
    }

    private boolean skipNumber() {
        var from = at;
        if (bytes[at] == '-') {
            at++;
        }
        if (at < end && bytes[at] == '0') {
            at++;
        } else if (!skipDigits()) {
            return false;
        }
        if (at < end && bytes[at] == '.') {
            at++;
            if (!skipDigits()) {
                return false;
            }
        }
        if (at < end && (bytes[at] | 0x20) == 'e') {
            at++;
            if (at < end && (bytes[at] == '+' || bytes[at] == '-')) {
                at++;
            }
            if (!skipDigits()) {
                return false;
            }
        }
        return at - from <= MAX_NUMBER || fail(Failure.NUMBER);
    }

    private boolean skipDigits() {
        var from = at;
        while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        return at > from || fail(at < end ? Failure.SYNTAX : Failure.TRUNCATED);
    }

    private void skipSpace() {
        while (at < end) {
            var b = bytes[at];
            if (b > ' ' || (b != ' ' && b != '\n' && b != '\r' && b != '\t')) {
                return;
            }
            at++;
        }
    }

    private boolean fail(Failure reason) {
        failure = reason;
        return false;
    }

    private String decode(int from, int to) {
        var raw = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        if (raw.indexOf('\\') < 0) {
            return raw;
        }
        var text = new StringBuilder(raw.length());
        for (var i = 0; i < raw.length(); i++) {
            var c = raw.charAt(i);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            var kind = raw.charAt(++i);
            switch (kind) {
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    text.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
                    i += 4;
                }
                default -> text.append(kind);
            }
        }
        return text.toString();
    }
}
