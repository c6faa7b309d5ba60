package com.alltkn.gateway.secret;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Writes asterisks over a secret wherever bytes show it, as many as its form there has bytes. Any
/// thread may use it.
///
/// Each character of the secret may be spelled in its own way: as it is, escaped as in JSON
/// (`\u002d`, `\/`, with more backslashes where JSON stands in a string of JSON) or
/// percent-encoded. As a whole it may stand in base64 at any of its three offsets, in hex digits,
/// or in UTF-16. What has to be computed from more than the secret (compressed, encrypted, encoded
/// twice in different ways) is not found.
///
/// No form is shorter than the secret, and few pairs of neighbouring bytes occur within any form.
/// So one pair is looked at for each length of the secret, and nearly all of a text is passed over.
public final class SecretMask {

    /// In base64 or hex a shorter one would be found by chance.
    private static final int SHORTEST_ENCODED = 8;

    /// Most backslashes before one character: five strings of JSON within one another.
    private static final int MOST_BACKSLASHES = 16;

    /// Longest percent sign, encoded again and again.
    private static final int MOST_PERCENT_SIGNS = 9;

    private static final int NONE = -1;
    private static final int CUT = -2;

    private final byte[] secret;
    private final boolean anyCase;
    private final Encoded[] encoded;
    private final int shortest;
    private final int stride;

    /// Any two bytes that stand side by side in a form.
    private final Pairs within = new Pairs();

    /// Any two bytes that a form begins with.
    private final Pairs first = new Pairs();

    /// @param secret what to hide; not empty
    public SecretMask(Secret secret) {
        this(secret.reveal().getBytes(UTF_8), encoded(secret), false);
    }

    private SecretMask(byte[] secret, List<Encoded> encoded, boolean anyCase) {
        this.secret = secret;
        this.anyCase = anyCase;
        this.encoded = encoded.toArray(Encoded[]::new);
        this.shortest = secret.length;
        this.stride = Math.max(1, shortest - 1);
        for (int i = 0; i < secret.length; i++) {
            learnSpellings(i);
        }
        for (var form : encoded) {
            for (int i = 1; i < form.bytes.length; i++) {
                form.learn(within, i);
            }
            if (form.bytes.length > 1) {
                form.learn(first, 1);
            }
        }
    }

    /// Makes one for names of headers, whose case means nothing.
    ///
    /// @param secret what to find; not empty
    /// @return what finds the secret, and its encodings, in letters of any case; of no use for
    ///   bodies
    public static SecretMask inAnyCase(Secret secret) {
        return new SecretMask(
                secret.reveal().toLowerCase(Locale.ROOT).getBytes(UTF_8),
                encoded(secret).stream()
                        .map(form ->
                                new Encoded(
                                        new String(form.bytes, ISO_8859_1)
                                                .toLowerCase(Locale.ROOT)
                                                .getBytes(ISO_8859_1),
                                        false))
                        .toList(),
                true);
    }

    /// @param text a short text, such as a header's value
    /// @return whether it shows the secret in any form
    public boolean finds(String text) {
        return text.length() >= shortest
                && hide(Buffer.buffer(anyCase ? text.toLowerCase(Locale.ROOT) : text), 0, (byte) 0)
                        > 0;
    }

    /// @param text any text
    /// @return the text with asterisks over the secret
    public String hide(String text) {
        if (text.length() < shortest) {
            return text;
        }
        var bytes = Buffer.buffer(text);
        return hide(bytes, 0, (byte) 0) > 0 ? bytes.toString() : text;
    }

    /// @return what hides the secret in the pieces of one body
    public Pieces pieces() {
        return new Pieces();
    }

    /// Writes over every form that is whole.
    ///
    /// @param before the byte before the first
    /// @return the end of the last one; 0 if there is none
    private int hide(Buffer bytes, int from, byte before) {
        var end = bytes.length();
        var hidden = 0;
        var untried = from;
        for (int at = from + shortest - 1; at < end; ) {
            var next = at + stride;
            if (shortest == 1 || within.has(bytes, at)) {
                var start = run(bytes, at, untried);
                untried = at + 1;
                for (; start <= at; start++) {
                    var to = match(bytes, start, end);
                    if (to > 0) {
                        write(bytes, start, to, start > 0 ? bytes.getByte(start - 1) : before);
                        hidden = to;
                        untried = to;
                        next = to + shortest - 1;
                        break;
                    }
                }
            }
            at = next;
        }
        return hidden;
    }

    private static void write(Buffer bytes, int from, int to, byte before) {
        // What follows a backslash is part of it: JSON must stay JSON.
        var first = before == '\\' && bytes.getByte(from) != '\\' ? from + 1 : from;
        for (int i = first; i < to; i++) {
            bytes.setByte(i, (byte) '*');
        }
    }

    /// @return where the end of the bytes begins that may be the beginning of a form
    private int cut(Buffer bytes, int from) {
        var end = bytes.length();
        if (from < end) {
            for (int start = run(bytes, end - 1, from); start < end; start++) {
                if (match(bytes, start, end) == CUT) {
                    return start;
                }
            }
        }
        return end;
    }

    /// @return the first byte that a form may begin with if it covers this one
    private int run(Buffer bytes, int at, int from) {
        var start = at;
        while (start > from && within.has(bytes, start)) {
            start--;
        }
        return start;
    }

    /// @return the end of the form that begins here, or that there is none, or that it would go on
    ///   behind the last byte
    private int match(Buffer bytes, int start, int end) {
        if (shortest > 1 && start + 1 < end && !first.has(bytes, start + 1)) {
            return NONE;
        }
        var cut = false;
        var to = start;
        for (int i = 0; i < secret.length && to >= 0; i++) {
            to = spelled(bytes, to, end, secret[i]);
        }
        for (int i = 0; i < encoded.length && to < 0; i++) {
            cut |= to == CUT;
            to = encoded[i].match(bytes, start, end);
        }
        return to == NONE && cut ? CUT : to;
    }

    private static int spelled(Buffer bytes, int at, int end, byte wanted) {
        if (at == end) {
            return CUT;
        }
        var octet = bytes.getByte(at);
        var to =
                switch (octet) {
                    case '\\' -> escaped(bytes, at, end, wanted);
                    case '%' -> percentEncoded(bytes, at, end, wanted);
                    default -> NONE;
                };
        return to == NONE && octet == wanted ? at + 1 : to;
    }

    private static int escaped(Buffer bytes, int at, int end, byte wanted) {
        var to = at + 1;
        while (to < end && bytes.getByte(to) == '\\' && to - at < MOST_BACKSLASHES) {
            to++;
        }
        if (to == end) {
            return CUT;
        }
        if (bytes.getByte(to) == 'u') {
            var digits = digits(bytes, to + 1, end, 4, wanted);
            if (digits != NONE) {
                return digits;
            }
        }
        if (wanted == '\\') {
            return bytes.getByte(at + 1) == '\\' ? at + 2 : NONE;
        }
        return bytes.getByte(to) == wanted && !isAlphanumeric(wanted) ? to + 1 : NONE;
    }

    private static int percentEncoded(Buffer bytes, int at, int end, byte wanted) {
        var to = at + 1;
        // A percent sign that was encoded itself.
        while (wanted != '%'
                && to - at < MOST_PERCENT_SIGNS
                && to + 1 < end
                && bytes.getByte(to) == '2'
                && bytes.getByte(to + 1) == '5') {
            to += 2;
        }
        return to == end || (to + 1 == end && bytes.getByte(to) == '2')
                ? CUT
                : digits(bytes, to, end, 2, wanted);
    }

    private static int digits(Buffer bytes, int from, int end, int count, int wanted) {
        for (int i = 0; i < count; i++) {
            if (from + i == end) {
                return CUT;
            }
            var digit = (wanted >> (4 * (count - 1 - i))) & 0xf;
            if (Character.digit(bytes.getByte(from + i), 16) != digit) {
                return NONE;
            }
        }
        return from + count;
    }

    private static boolean isAlphanumeric(byte octet) {
        return Character.digit(octet, 36) >= 0;
    }

    /// Learns each spelling of a character, and how each may go over to the next one's.
    private void learnSpellings(int at) {
        var octet = secret[at];
        var ends = new ArrayList<>(List.of(octet));
        within.add("\\\\u00");
        within.add("%2525");
        if (!isAlphanumeric(octet)) {
            within.add((byte) '\\', octet);
        }
        for (var format : List.of(HexFormat.of(), HexFormat.of().withUpperCase())) {
            var digits = format.toHexDigits(octet);
            within.add("0" + digits);
            within.add("5" + digits);
            within.add("%" + digits);
            ends.add((byte) digits.charAt(1));
        }
        for (var end : ends) {
            if (at + 1 < secret.length) {
                within.add(end, secret[at + 1]);
            }
            within.add(end, (byte) '\\');
            within.add(end, (byte) '%');
        }
        if (at == 0) {
            within.copy(octet, first);
            within.copy((byte) '\\', first);
            within.copy((byte) '%', first);
        }
    }

    private static List<Encoded> encoded(Secret secret) {
        var text = secret.reveal();
        var bytes = text.getBytes(UTF_8);
        var forms = new ArrayList<Encoded>();
        // Found by its spellings as well, unless it holds what looks like one itself.
        forms.add(new Encoded(bytes, false));
        if (bytes.length < SHORTEST_ENCODED) {
            return forms;
        }
        for (int offset = 0; offset < 3; offset++) {
            var base64 = base64(bytes, offset);
            Stream.of(
                            base64,
                            base64.replace('+', '-').replace('/', '_'),
                            // As JSON writers escape it, and as a URL holds it.
                            base64.replace("/", "\\/"),
                            base64.replace("+", "\\u002B"),
                            base64.replace("+", "%2B").replace("/", "%2F"))
                    .distinct()
                    .forEach(form -> forms.add(new Encoded(form.getBytes(ISO_8859_1), false)));
        }
        for (var delimiter : List.of("", " ", ":")) {
            forms.add(
                    new Encoded(
                            HexFormat.ofDelimiter(delimiter).formatHex(bytes).getBytes(ISO_8859_1),
                            true));
        }
        var wide = new byte[2 * bytes.length - 1];
        for (int i = 0; i < bytes.length; i++) {
            wide[2 * i] = bytes[i];
        }
        forms.add(new Encoded(wide, false));
        return List.copyOf(forms);
    }

    /// The characters of base64 that are the same whatever stands before and behind.
    private static String base64(byte[] bytes, int offset) {
        var shifted = new byte[offset + bytes.length];
        System.arraycopy(bytes, 0, shifted, offset, bytes.length);
        var text = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        return text.substring((offset * 8 + 5) / 6, shifted.length * 8 / 6);
    }

    /// The secret as a whole, encoded.
    ///
    /// @param bytes in small letters, if their case does not matter
    private record Encoded(byte[] bytes, boolean anyCase) {

        int match(Buffer text, int start, int end) {
            var length = Math.min(bytes.length, end - start);
            for (int i = 0; i < length; i++) {
                var octet = text.getByte(start + i);
                if (octet != bytes[i]
                        && !(anyCase
                                && octet >= 'A'
                                && octet <= 'F'
                                && (octet | 0x20) == bytes[i])) {
                    return NONE;
                }
            }
            return length == bytes.length ? start + length : CUT;
        }

        /// Adds the pair that ends here, in whatever case.
        void learn(Pairs pairs, int at) {
            for (var one : cases(bytes[at - 1])) {
                for (var next : cases(bytes[at])) {
                    pairs.add(one, next);
                }
            }
        }

        private byte[] cases(byte octet) {
            return anyCase && octet >= 'a'
                    ? new byte[] {octet, (byte) Character.toUpperCase(octet)}
                    : new byte[] {octet};
        }
    }

    /// A set of pairs of bytes, a bit for each that there can be.
    private static final class Pairs {

        private final long[] bits = new long[1024];

        /// @param at where the second of the two stands
        boolean has(Buffer bytes, int at) {
            var pair = (bytes.getByte(at - 1) & 0xff) << 8 | (bytes.getByte(at) & 0xff);
            return (bits[pair >> 6] & (1L << pair)) != 0;
        }

        void add(byte one, byte next) {
            var pair = (one & 0xff) << 8 | (next & 0xff);
            bits[pair >> 6] |= 1L << pair;
        }

        void add(String text) {
            for (int i = 1; i < text.length(); i++) {
                add((byte) text.charAt(i - 1), (byte) text.charAt(i));
            }
        }

        /// Adds all that begin with this byte to another set.
        void copy(byte one, Pairs to) {
            for (int i = (one & 0xff) << 2; i < ((one & 0xff) + 1) << 2; i++) {
                to.bits[i] |= bits[i];
            }
        }
    }

    /// One body, as it comes. For one thread at a time.
    public final class Pieces {

        private @Nullable Buffer held;
        private byte before;

        private Pieces() {}

        /// Takes a piece, which is written over.
        ///
        /// @return what can go on: all but an end that a form of the secret may begin with
        public Buffer accept(Buffer piece) {
            var bytes = held == null ? piece : held.appendBuffer(piece);
            held = null;
            var hidden = hide(bytes, 0, before);
            var whole = cut(bytes, hidden);
            if (whole > 0) {
                before = bytes.getByte(whole - 1);
            }
            if (whole == bytes.length()) {
                return bytes;
            }
            held = bytes.getBuffer(whole, bytes.length());
            return bytes.getBuffer(0, whole);
        }

        /// @return how much is held back, in bytes
        public int held() {
            return held == null ? 0 : held.length();
        }

        /// @return what was held back, for nothing follows
        public Buffer end() {
            var rest = held == null ? Buffer.buffer() : held;
            held = null;
            return rest;
        }
    }
}
