package com.alltkn.gateway.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/// The head of an HTTP/1.1 message, put together from the pieces it comes in.
final class MessageHead {

    private byte[] bytes = new byte[1024];
    private int length;

    /// Takes bytes up to the blank line, which is the last it takes.
    ///
    /// @return whether the head is whole
    boolean take(ByteBuffer from) {
        while (from.hasRemaining()) {
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            var b = from.get();
            bytes[length++] = b;
            if (b == '\n' && length >= 4 && bytes[length - 3] == '\n') {
                return true;
            }
        }
        return false;
    }

    /// The head in lower case; the next one may be taken then.
    String finish() {
        var text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        length = 0;
        return text.toLowerCase(Locale.ROOT);
    }

    /// The number behind a name within a head, or what is said if it is not there.
    static long number(String head, String name, long otherwise) {
        var at = head.indexOf(name);
        if (at < 0) {
            return otherwise;
        }
        var value = 0L;
        for (var i = at + name.length(); i < head.length(); i++) {
            var digit = head.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            value = 10 * value + digit;
        }
        return value;
    }
}
