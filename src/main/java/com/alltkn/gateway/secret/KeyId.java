package com.alltkn.gateway.secret;

import java.util.regex.Pattern;

/// The name under which a key may be spoken of: `key_` and the first 12 hex digits of its
/// [KeyFingerprint]. It holds nothing of the key itself, neither a beginning nor an end.
///
/// @param value such as `key_0123456789ab`
public record KeyId(String value) {

    static final String PREFIX = "key_";
    static final int DIGITS = 12;
    private static final Pattern SHAPE = Pattern.compile("key_[0-9a-f]{12}");

    /// Checks the shape, so that no key can pass for its own id.
    public KeyId {
        if (!SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("a key id is key_ and 12 lower-case hex digits");
        }
    }

    /// @param key the key
    /// @return its id
    public static KeyId of(Secret key) {
        return KeyFingerprint.of(key).keyId();
    }

    @Override
    public String toString() {
        return value;
    }
}
