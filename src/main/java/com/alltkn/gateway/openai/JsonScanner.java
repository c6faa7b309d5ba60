package com.alltkn.gateway.openai;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Walks one JSON text (RFC 8259) in place, in one array or block by block: members are visited one
/// by one, values are checked and skipped, nothing is copied. The whole grammar is checked, strict
/// UTF-8 included, so that a text this scanner accepts means the same to any other parser. Strings,
/// which are nearly all of a prompt, are skipped eight bytes at a step.
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

    /// Most members of all objects together: ten times what 100,000 short messages have.
    static final int MAX_MEMBERS = 1_000_000;

    private static final byte[] NOTHING = {};

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
        MEMBERS,
        NUMBER,
        NAME
    }

    private final @Nullable BodyBytes text;
    private final BooleanSupplier goOn;

    // The block at hand, how far it is filled, and how much of the text lies before it.
    private byte[] bytes;
    private int end;
    private int base;
    private int block;

    private int at;
    private int depth;
    private int members;
    private boolean first;
    private boolean escaped;

    // The member's name: as it was written, or in plain once it was asked for.
    private byte[] key;
    private int keyAt;
    private int keyLength;
    private boolean keyEscaped;

    private @Nullable Failure failure;

    /// Starts at `from`; bytes from `to` on are not looked at.
    JsonScanner(byte[] bytes, int from, int to) {
        this.text = null;
        this.goOn = () -> false;
        this.bytes = bytes;
        this.key = bytes;
        this.at = from;
        this.end = to;
    }

    /// Starts at the beginning of a text in blocks.
    ///
    /// @param goOn asked between two blocks; a no ends the text there
    JsonScanner(BodyBytes text, BooleanSupplier goOn) {
        this.text = text;
        this.goOn = goOn;
        this.bytes = text.length() == 0 ? NOTHING : text.block(0);
        this.key = bytes;
        this.end = text.length() == 0 ? 0 : text.filled(0);
    }

    /// The next byte to be read.
    int position() {
        return base + at;
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

    /// Whether the member's name, unescaped, is this ASCII word. An escaped name is decoded once,
    /// however often this is asked.
    boolean keyIs(byte[] word) {
        if (keyEscaped) {
            // No character takes more than six bytes.
            if (keyLength > 6 * word.length) {
                return false;
            }
            key = key().getBytes(StandardCharsets.UTF_8);
            keyAt = 0;
            keyLength = key.length;
            keyEscaped = false;
        }
        return keyLength == word.length
                && Arrays.equals(key, keyAt, keyAt + word.length, word, 0, word.length);
    }

    /// The member's name, unescaped.
    String key() {
        var name = new String(key, keyAt, keyLength, StandardCharsets.UTF_8);
        return keyEscaped ? decode(name) : name;
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
        return decode(written(from + 1, to - 1));
    }

    /// A part of the text already passed over, as it was written.
    String written(int from, int to) {
        return text == null
                ? new String(bytes, from, to - from, StandardCharsets.UTF_8)
                : text.text(from, to);
    }

    private boolean readKey() {
        if (at >= end) {
            return fail(Failure.TRUNCATED);
        }
        if (bytes[at] != '"') {
            return fail(Failure.SYNTAX);
        }
        if (++members > MAX_MEMBERS) {
            return fail(Failure.MEMBERS);
        }
        key = bytes;
        keyAt = at + 1;
        var from = position() + 1;
        var begun = block;
        if (!skipString()) {
            return false;
        }
        keyLength = position() - 1 - from;
        keyEscaped = escaped;
        if (keyLength > MAX_NAME) {
            return fail(Failure.NAME);
        }
        if (begun != block) {
            key = written(from, from + keyLength).getBytes(StandardCharsets.UTF_8);
            keyAt = 0;
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
        at++;
        while (true) {
            at = plainEnd(at);
            if (at >= end) {
                if (!nextBlock()) {
                    return fail(Failure.TRUNCATED);
                }
                continue;
            }
            var b = bytes[at];
            if (b == '"') {
                at++;
                return true;
            }
            if (b >= 0 && b < ' ') {
                return fail(Failure.SYNTAX);
            }
            if (b == '\\') {
                escaped = true;
                if (!skipEscape()) {
                    return false;
                }
            } else if (!skipSequences()) {
                return fail(Failure.ENCODING);
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

    /// Passes over the escape that starts here.
    private boolean skipEscape() {
        at++;
        if (!hasNext()) {
            return fail(Failure.TRUNCATED);
        }
        return switch (bytes[at++]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> true;
            case 'u' -> skipHex();
            default -> fail(Failure.SYNTAX);
        };
    }

    private boolean skipHex() {
        for (var digit = 0; digit < 4; digit++) {
            if (!hasNext()) {
                return fail(Failure.TRUNCATED);
            }
            if (Character.digit(bytes[at++], 16) < 0) {
                return fail(Failure.SYNTAX);
            }
        }
        return true;
    }

    /// Passes over the sequences of several bytes that start here.
    ///
    /// @return whether they are UTF-8
    private boolean skipSequences() {
        // The end of the last block is the end of the text, and what it cuts is malformed.
        var cut = isLastBlock() ? 0 : Utf8.cut(bytes, at, end);
        if (at < end - cut) {
            at = Utf8.sequencesEnd(bytes, at, end - cut);
            return at >= 0;
        }
        var sequence = new byte[4];
        sequence[0] = bytes[at++];
        var length = Utf8.length(sequence[0]);
        for (var i = 1; i < length; i++) {
            if (!hasNext()) {
                return false;
            }
            sequence[i] = bytes[at++];
        }
        return Utf8.sequencesEnd(sequence, 0, length) == length;
    }

    private boolean skipWord(String word) {
        for (var i = 0; i < word.length(); i++) {
            if (!hasNext()) {
                return fail(Failure.TRUNCATED);
            }
            if (bytes[at++] != word.charAt(i)) {
                return fail(Failure.SYNTAX);
            }
        }
        return true;
    }

    private boolean skipNumber() {
        var from = position();
        if (bytes[at] == '-') {
            at++;
        }
        if (hasNext() && bytes[at] == '0') {
            at++;
        } else if (!skipDigits()) {
            return false;
        }
        if (hasNext() && bytes[at] == '.') {
            at++;
            if (!skipDigits()) {
                return false;
            }
        }
        if (hasNext() && (bytes[at] | 0x20) == 'e') {
            at++;
            if (hasNext() && (bytes[at] == '+' || bytes[at] == '-')) {
                at++;
            }
            if (!skipDigits()) {
                return false;
            }
        }
        return position() - from <= MAX_NUMBER || fail(Failure.NUMBER);
    }

    private boolean skipDigits() {
        var from = position();
        do {
            var i = at;
            while (i < end && bytes[i] >= '0' && bytes[i] <= '9') {
                i++;
            }
            at = i;
        } while (at == end && nextBlock());
        return position() > from || fail(at < end ? Failure.SYNTAX : Failure.TRUNCATED);
    }

    private void skipSpace() {
        do {
            var i = at;
            while (i < end && isSpace(bytes[i])) {
                i++;
            }
            at = i;
        } while (at == end && nextBlock());
    }

    private static boolean isSpace(byte b) {
        return b <= ' ' && (b == ' ' || b == '\n' || b == '\r' || b == '\t');
    }

    private boolean hasNext() {
        return at < end || nextBlock();
    }

    private boolean isLastBlock() {
        return text == null || block + 1 >= text.blocks();
    }

    private boolean nextBlock() {
        if (text == null || isLastBlock() || !goOn.getAsBoolean()) {
            return false;
        }
        base += end;
        block++;
        bytes = text.block(block);
        end = text.filled(block);
        at = 0;
        return true;
    }

    private boolean fail(Failure reason) {
        failure = reason;
        return false;
    }

    private static String decode(String raw) {
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
