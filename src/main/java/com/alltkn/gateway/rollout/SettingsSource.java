package com.alltkn.gateway.rollout;

import java.time.Duration;

/// Where settings come from. There is one for the life of the process, chosen by `gateway.source`.
///
/// [#read()] blocks and is called by one thread at a time; it keeps to its own deadline. A source
/// never throws for what can be expected of the world: that is a [Reading.Unavailable].
public interface SettingsSource {

    /// @return its name in logs and origins: one lower-case word
    String name();

    /// @return how often it wants to be read while all is well
    Duration pollInterval();

    /// Reads once.
    ///
    /// @return what was found
    /// @throws InterruptedException if the thread is asked to stop
    Reading read() throws InterruptedException;
}
