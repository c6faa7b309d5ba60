package com.alltkn.gateway.rollout;

import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// The process' own environment as the source, for a developer's machine. It is read once, as the
/// environment of a process does not change.
///
/// Without a key, and with a sandbox at hand, the sandbox becomes the upstream: the gateway then
/// runs alone on a laptop, with a key that nobody can take for a real one.
public final class EnvironmentSource implements SettingsSource {

    /// The key that is sent to the sandbox. It opens nothing.
    public static final String SANDBOX_KEY = "sandbox-key";

    private static final Duration INTERVAL = Duration.ofSeconds(30);

    private final Map<String, Object> fields;
    private final String name;
    private boolean found;

    /// @param lookup a setting's value by its name
    /// @param sandbox the base URL of the sandbox, if there is one
    public EnvironmentSource(Function<String, Optional<String>> lookup, Optional<URI> sandbox) {
        var values = new HashMap<String, Object>();
        for (var setting : Setting.values()) {
            lookup.apply(setting.key()).ifPresent(value -> values.put(setting.key(), value));
        }
        if (sandbox.isPresent() && !values.containsKey(Setting.API_KEY.key())) {
            name = "sandbox";
            fields =
                    Map.of(
                            Setting.API_KEY.key(),
                            SANDBOX_KEY,
                            Setting.BASE_URL.key(),
                            sandbox.get().toString());
        } else {
            name = "environment";
            fields = Map.copyOf(values);
        }
    }

    /// @return `environment`, or `sandbox` if that is what is spoken to
    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration pollInterval() {
        return INTERVAL;
    }

    @Override
    public Reading read() {
        if (found) {
            return new Unchanged();
        }
        found = true;
        return new Found(1, fields);
    }
}
