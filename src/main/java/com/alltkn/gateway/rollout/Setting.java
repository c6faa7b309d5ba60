package com.alltkn.gateway.rollout;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// The settings of a revision. A setting has one name, the same in the environment, in Vault, in a
/// file and in every sentence, so that a value can always be traced to its source.
public enum Setting {
    /// The upstream credential; the only secret among them.
    API_KEY("ALLTKN_API_KEY"),
    /// The upstream root.
    BASE_URL("ALLTKN_BASE_URL"),
    /// The model used when a caller names none.
    DEFAULT_MODEL("ALLTKN_DEFAULT_MODEL"),
    /// Milliseconds for the whole of a non-streamed exchange.
    REQUEST_TIMEOUT("AI_REQUEST_TIMEOUT_MS"),
    /// The level of the gateway's own log categories.
    LOG_LEVEL("AI_LOG_LEVEL"),
    /// Optional: models to try after the one asked for, comma-separated, first one first.
    FALLBACK_MODELS("ALLTKN_FALLBACK_MODELS"),
    /// Optional: the percentage of exchanges that the revision carries before it takes over.
    CANARY_PERCENT("ALLTKN_CANARY_PERCENT"),
    /// Optional: milliseconds until a connection stands.
    CONNECT_TIMEOUT("AI_CONNECT_TIMEOUT_MS"),
    /// Optional: milliseconds until a stream's first byte.
    FIRST_BYTE_TIMEOUT("AI_FIRST_BYTE_TIMEOUT_MS"),
    /// Optional: milliseconds between two bytes.
    IDLE_TIMEOUT("AI_IDLE_TIMEOUT_MS"),
    /// Optional: milliseconds for a stream or an upload in all.
    STREAM_TIMEOUT("AI_STREAM_TIMEOUT_MS");

    /// The names of all settings.
    public static final Set<String> NAMES =
            Arrays.stream(values()).map(Setting::key).collect(Collectors.toUnmodifiableSet());

    /// The settings that are no secret and so may also stand in the process' environment, as
    /// defaults under every revision.
    public static final List<Setting> DEFAULTABLE =
            Arrays.stream(values()).filter(setting -> setting != API_KEY).toList();

    private final String key;

    Setting(String key) {
        this.key = key;
    }

    /// @return its name in every source
    public String key() {
        return key;
    }
}
