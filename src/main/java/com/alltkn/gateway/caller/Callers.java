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
import java.util.stream.Stream;

/// The known callers, found by the SHA-256 of an API key or by the subject of a token. Looking one
/// up costs the same however many there are: a digest picks a bucket by its first bytes, which tell
/// nothing of a key, and is then compared in constant time.
public final class Callers {

    private final Map<Integer, List<Entry>> entries = new HashMap<>();
    private final Map<String, Caller> bySubject;
    private final List<Caller> all;

    private Callers(Map<String, Caller> byKeyHash, Map<String, Caller> bySubject) {
        byKeyHash.forEach((hash, caller) -> {
            var digest = HexFormat.of().parseHex(hash);
            entries.computeIfAbsent(bucket(digest), _ -> new ArrayList<>())
                    .add(new Entry(digest, caller));
        });
        this.bySubject = Map.copyOf(bySubject);
        all =
                Stream.of(byKeyHash, bySubject)
                        .flatMap(callers -> callers.values().stream())
                        .distinct()
                        .toList();
    }

    /// Makes the directory of callers who have API keys alone.
    ///
    /// @param byKeyHash each caller under the SHA-256 of each of its API keys, 64 hex digits
    /// @return the directory
    public static Callers of(Map<String, Caller> byKeyHash) {
        return new Callers(byKeyHash, Map.of());
    }

    /// Makes the directory of callers.
    ///
    /// @param byKeyHash each caller under the SHA-256 of each of its API keys, 64 hex digits
    /// @param bySubject each caller under each of its subjects
    /// @return the directory
    static Callers of(Map<String, Caller> byKeyHash, Map<String, Caller> bySubject) {
        return new Callers(byKeyHash, bySubject);
    }

    /// Finds who sent a request, by its API key.
    ///
    /// @param authorization the value of the only `Authorization` header
    /// @return the caller; empty if the header is no bearer credential or no caller has it
    public Optional<Caller> identify(String authorization) {
        return bearer(authorization).flatMap(this::withKey);
    }

    /// @param subject of a token that was verified
    /// @return the caller whose it is
    Optional<Caller> withSubject(String subject) {
        return Optional.ofNullable(bySubject.get(subject));
    }

    /// @return whether any caller may come with a token
    boolean haveSubjects() {
        return !bySubject.isEmpty();
    }

    /// @param authorization the value of an `Authorization` header
    /// @return the bearer credential in it
    static Optional<String> bearer(String authorization) {
        return Optional.of(authorization)
                .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
                .map(value -> value.substring(7).strip())
                .filter(credential -> !credential.isEmpty());
    }

    private Optional<Caller> withKey(String key) {
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
    /// @param credential the key
    /// @return 32 bytes
    static byte[] sha256(String credential) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(credential.getBytes(StandardCharsets.UTF_8));
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
