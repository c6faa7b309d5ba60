package com.alltkn.gateway.secret;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// HMAC-SHA-256 of a key under a fixed, public label. One-way, and the same in every environment
/// and every release, so that two places can find out that they hold the same key without telling
/// it to each other. The label keeps it apart from any other hash of the same key.
///
/// @param hex 64 lower-case hex digits
public record KeyFingerprint(String hex) {

    // Part of what stands outside: another label would give every key another id.
    private static final String LABEL = "alltkn-gateway/key-id/v1";
    private static final String ALGORITHM = "HmacSHA256";
    private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{64}");

    /// Checks the shape.
    public KeyFingerprint {
        if (!SHAPE.matcher(hex).matches()) {
            throw new IllegalArgumentException("a key's fingerprint is 64 lower-case hex digits");
        }
    }

    /// @param key the key
    /// @return its fingerprint
    public static KeyFingerprint of(Secret key) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(LABEL.getBytes(StandardCharsets.US_ASCII), ALGORITHM));
            var hmac = mac.doFinal(key.reveal().getBytes(StandardCharsets.UTF_8));
            return new KeyFingerprint(HexFormat.of().formatHex(hmac));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    /// @return the short form that people read in headers, logs and meters
    public KeyId keyId() {
        return new KeyId(KeyId.PREFIX + hex.substring(0, KeyId.DIGITS));
    }
}
