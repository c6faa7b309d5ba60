package com.alltkn.gateway.caller;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The known callers, found by the SHA-256 of an API key. Looking one up costs the same however
/// many there are: a digest picks a bucket by its first bytes, which tell nothing of a key, and is
/// then compared in constant time.
public final class Callers {

    private final Map<Integer, List<Entry>> entries = new HashMap<>();
    private final List<Caller> all;

    private Callers(Map<String, Caller> byKeyHash) {
        byKeyHash.forEach((hash, caller) -> {
            var digest = HexFormat.of().parseHex(hash);
            entries.computeIfAbsent(bucket(digest), _ -> new ArrayList<>())
                    .add(new Entry(digest, caller));
        });
        all = byKeyHash.values().stream().distinct().toList();
    }

    /// Makes the directory of callers.
    ///
    /// @param byKeyHash each caller under the SHA-256 of each of its API keys, 64 hex digits
    /// @return the directory
    public static Callers of(Map<String, Caller> byKeyHash) {
        return new Callers(byKeyHash);
    }

    /// Finds who sent a request.
    ///
    /// @param authorization the value of the only `Authorization` header
    /// @return the caller; empty if the header is no bearer credential or no caller has it
    public Optional<Caller> identify(String authorization) {
        if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return Optional.empty();
        }
        var key = authorization.substring(7).strip();
        if (key.isEmpty()) {
            return Optional.empty();
        }
        var digest = sha256(key);
        Caller found = null;
        for (var entry : entries.getOrDefault(bucket(digest), List.of())) {
            if (MessageDigest.isEqual(entry.digest, digest)) {
                found = entry.caller;
            }
        }
        return Optional.ofNullable(found);
    }

    /// @return every caller once
    public List<Caller> all() {
        return all;
    }

    /// Hashes an API key as the callers file holds it.
    ///
    /// @param apiKey the key
    /// @return 32 bytes
    static byte[] sha256(String apiKey) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(apiKey.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static int bucket(byte[] digest) {
        return digest[0] << 24
                | (digest[1] & 0xff) << 16
                | (digest[2] & 0xff) << 8
                | (digest[3] & 0xff);
    }

    private record Entry(byte[] digest, Caller caller) {}
}
