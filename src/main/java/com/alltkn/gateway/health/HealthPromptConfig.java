package com.alltkn.gateway.health;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/// The small prompt that shows whether upstream answers.
@ConfigMapping(prefix = "gateway.health.prompt")
public interface HealthPromptConfig {

    /// @return whether it is sent at all
    @WithDefault("true")
    boolean enabled();

    /// @return how often, ± 20 %; real traffic that was answered within this time takes its place,
    ///   and so does the prompt that proved the revision
    @WithDefault("5m")
    Duration interval();
}
