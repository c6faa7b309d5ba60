package com.alltkn.gateway.laboratory;

import com.alltkn.gateway.rollout.Clocks;
import com.alltkn.gateway.rollout.LogLevel;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.secret.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Revisions that no source ever held.
public final class MadeUpRevision {

    private MadeUpRevision() {}

    /// With the key `test-key-1`, as in [Settlements].
    public static Revision number(long number) {
        return of(number, "test-key-1", "deepseek-chat", LogLevel.INFO, List.of());
    }

    /// With another key, and a canary of so many percent.
    public static Revision withCanary(long number, int percent) {
        return of(number, "test-key-2", "deepseek-chat", LogLevel.INFO, List.of(), percent);
    }

    public static Revision of(
            long number, String key, String model, LogLevel level, List<String> fallbackModels) {
        return of(number, key, model, level, fallbackModels, 0);
    }

    private static Revision of(
            long number,
            String key,
            String model,
            LogLevel level,
            List<String> fallbackModels,
            int canaryPercent) {
        return new Revision(
                number,
                new Settings(
                        Secret.of(key),
                        KeyId.of(Secret.of(key)),
                        URI.create("https://api.alltkn.com/api/v1"),
                        model,
                        Duration.ofSeconds(60),
                        level,
                        fallbackModels,
                        canaryPercent,
                        Clocks.OF_THE_PROCESS,
                        Map.of()),
                "vault");
    }
}
