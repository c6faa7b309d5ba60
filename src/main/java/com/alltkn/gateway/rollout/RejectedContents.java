package com.alltkn.gateway.rollout;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The contents that were rejected, remembered by a digest of what the source held and not by
/// number: the same content under a new number is still the same. The oldest is forgotten when
/// there are too many, which costs no more than looking at it again.
///
/// For one thread at a time.
final class RejectedContents {

    // More than anybody writes between two good ones.
    private static final int MAX = 64;

    private final Set<String> digests = new LinkedHashSet<>();

    /// @return whether it was not known yet
    boolean add(String digest) {
        if (!digests.add(digest)) {
            return false;
        }
        if (digests.size() > MAX) {
            digests.remove(digests.iterator().next());
        }
        return true;
    }

    void forget(String digest) {
        digests.remove(digest);
    }

    static String digest(Map<String, Object> fields) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            new TreeMap<>(fields)
                    .forEach((name, value) -> {
                        var part = name + "=" + value;
                        digest.update(
                                (part.length() + ":" + part).getBytes(StandardCharsets.UTF_8));
                    });
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
