package com.alltkn.gateway.openai;

/// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. A laxer
/// reader would let the gateway and the upstream see two different texts.
final class Utf8 {

    private Utf8() {}

    /// The end of the run of multi-byte sequences that starts at `from`, or -1 if one of them is
    /// malformed or cut by `to`.
    static int sequencesEnd(byte[] bytes, int from, int to) {
        var i = from;
        while (i < to && bytes[i] < 0) {
            var lead = bytes[i] & 0xFF;
            if (lead >= 0xE0 && lead < 0xF0) {
                if (i + 2 >= to || !isContinuation(bytes[i + 1]) || !isContinuation(bytes[i + 2])) {
                    return -1;
                }
                var second = bytes[i + 1] & 0xFF;
                if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0)) {
                    return -1;
                }
                i += 3;
            } else if (lead >= 0xC2 && lead < 0xE0) {
                if (i + 1 >= to || !isContinuation(bytes[i + 1])) {
                    return -1;
                }
                i += 2;
            } else if (lead >= 0xF0 && lead <= 0xF4) {
                if (i + 3 >= to
                        || !isContinuation(bytes[i + 1])
                        || !isContinuation(bytes[i + 2])
                        || !isContinuation(bytes[i + 3])) {
                    return -1;
                }
                var second = bytes[i + 1] & 0xFF;
                if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90)) {
                    return -1;
                }
                i += 4;
            } else {
                return -1;
            }
        }
        return i;
    }

    /// How many of the last bytes of a span begin a sequence that does not end in it.
    static int cut(byte[] bytes, int from, int to) {
        for (var back = 1; back <= 3 && to - back >= from; back++) {
            var b = bytes[to - back];
            if (!isContinuation(b)) {
                return length(b) > back ? back : 0;
            }
        }
        return 0;
    }

    /// How many bytes the sequence has that starts with this one.
    static int length(byte lead) {
        var unsigned = lead & 0xFF;
        return unsigned < 0xC0 ? 1 : unsigned < 0xE0 ? 2 : unsigned < 0xF0 ? 3 : 4;
    }

    private static boolean isContinuation(byte b) {
        return b < (byte) 0xC0;
    }
}
