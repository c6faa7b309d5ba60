package com.alltkn.gateway.rollout;

import com.alltkn.gateway.secret.KeyFingerprint;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.secret.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// One consistent set of settings, credential included: a request takes all of them from one
/// instance, so it never meets a new key at an old address or the reverse.
///
/// @param apiKey the upstream credential
/// @param keyId the name under which it may be spoken of
/// @param baseUrl the upstream root, without a slash at the end
/// @param defaultModel the model used when a caller names none
/// @param requestTimeout total time of a non-streamed exchange, retries included
/// @param logLevel the level of the gateway's own log categories
/// @param fallbackModels models to try after the one asked for; often empty
/// @param canaryPercent the percentage of exchanges that the revision carries before it takes over;
///   0 for none
/// @param clocks how long upstream may take otherwise
/// @param origins for each setting's name the source its value came from: that of the revision
///   (`vault`, `file`, `environment`, `sandbox`), `environment` for a default of the process, or
///   `default` for a built-in one
public record Settings(
        Secret apiKey,
        KeyId keyId,
        URI baseUrl,
        String defaultModel,
        Duration requestTimeout,
        LogLevel logLevel,
        List<String> fallbackModels,
        int canaryPercent,
        Clocks clocks,
        Map<String, String> origins) {

    /// Half: the comparison needs what the active revision meets in the same time, and a candidate
    /// that may carry most has taken over.
    static final int MAX_CANARY_PERCENT = 50;

    /// Checks what must hold together and copies.
    public Settings {
        if (!keyId.equals(KeyId.of(apiKey))) {
            throw new IllegalArgumentException("the key id is not that of the key");
        }
        if (baseUrl.getHost() == null || baseUrl.getPath().endsWith("/")) {
            throw new IllegalArgumentException("the base URL needs a host and no slash at the end");
        }
        if (defaultModel.isBlank()) {
            throw new IllegalArgumentException("the default model is blank");
        }
        if (!requestTimeout.isPositive()) {
            throw new IllegalArgumentException("the request time-out is not positive");
        }
        if (canaryPercent < 0 || canaryPercent > MAX_CANARY_PERCENT) {
            throw new IllegalArgumentException("the canary's percentage is out of range");
        }
        fallbackModels = List.copyOf(fallbackModels);
        origins = Collections.unmodifiableMap(new TreeMap<>(origins));
    }

    /// What makes these settings the same as others: the key and every value, but not where the
    /// values came from.
    ///
    /// @return the identity, fit for logs
    public ContentId contentId() {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            add(digest, KeyFingerprint.of(apiKey).hex());
            add(digest, baseUrl.toString());
            add(digest, defaultModel);
            add(digest, requestTimeout.toString());
            add(digest, logLevel.name());
            fallbackModels.forEach(model -> add(digest, model));
            add(digest, Integer.toString(canaryPercent));
            add(digest, clocks.toString());
            return new ContentId(keyId.value() + "-" + HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /// @param other other settings
    /// @return whether upstream cannot tell a small prompt with these from one with the others
    boolean promptLike(Settings other) {
        return keyId.equals(other.keyId)
                && baseUrl.equals(other.baseUrl)
                && defaultModel.equals(other.defaultModel);
    }

    private static void add(MessageDigest digest, String part) {
        var bytes = part.getBytes(StandardCharsets.UTF_8);
        // The length in front keeps "a" + "bc" apart from "ab" + "c".
        digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
        digest.update(bytes);
    }

    /// The identity of a revision's content: the key's id and a digest of everything.
    ///
    /// @param value a text without meaning to anybody else
    public record ContentId(String value) {
        @Override
        public String toString() {
            return value;
        }
    }
}
