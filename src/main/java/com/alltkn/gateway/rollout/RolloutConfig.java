package com.alltkn.gateway.rollout;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/// How carefully a new revision is met.
@ConfigMapping(prefix = "gateway.rollout")
public interface RolloutConfig {

    /// How long the revision before is kept to return to; a newer version waits as long.
    ///
    /// @return the window; zero for none
    @WithDefault("10m")
    Duration probation();
}
