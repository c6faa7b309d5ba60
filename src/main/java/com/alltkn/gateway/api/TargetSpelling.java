package com.alltkn.gateway.api;

/// How a request target is spelled, by the characters of RFC 3986 alone.
enum TargetSpelling {
    /// As every server understands it.
    PLAIN,
    /// With a character in its path that no URL may hold, or a percent sign that encodes nothing.
    ODD_PATH,
    /// The same in its query.
    ODD_QUERY;

    private static final String MARKS = "-._~!$&'()*+,;=:@/?";

    static TargetSpelling of(String target) {
        var query = false;
        for (var i = 0; i < target.length(); i++) {
            var c = target.charAt(i);
            query |= c == '?';
            // Brackets of a host come with an absolute target only, and mean no path of ours.
            var plain =
                    isLetterOrDigit(c)
                            || MARKS.indexOf(c) >= 0
                            || (query && (c == '[' || c == ']'))
                            || (c == '%' && isEncoded(target, i));
            if (!plain) {
                return query ? ODD_QUERY : ODD_PATH;
            }
        }
        return PLAIN;
    }

    private static boolean isEncoded(String target, int percent) {
        return percent + 2 < target.length()
                && isHex(target.charAt(percent + 1))
                && isHex(target.charAt(percent + 2));
    }

    private static boolean isLetterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private static boolean isHex(char c) {
        return c < 0x80 && Character.digit(c, 16) >= 0;
    }
}
