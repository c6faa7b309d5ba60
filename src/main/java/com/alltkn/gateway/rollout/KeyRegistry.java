package com.alltkn.gateway.rollout;

import com.alltkn.gateway.secret.KeyFingerprint;

/// Where environments find out that they hold the same key, without telling it to each other.
public interface KeyRegistry {

    /// Enters a key for this environment, unless it is there, and looks for it in the others.
    /// Blocks, and keeps to its own deadline.
    ///
    /// @param key the key's fingerprint
    /// @return whose it is
    /// @throws InterruptedException if the thread is asked to stop
    Separation claim(KeyFingerprint key) throws InterruptedException;

    /// Knows of no other environment.
    ///
    /// @return a registry for sources that have none
    static KeyRegistry none() {
        return _ -> new Separation.NotApplicable();
    }
}
