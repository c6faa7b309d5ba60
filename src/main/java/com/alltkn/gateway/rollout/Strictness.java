package com.alltkn.gateway.rollout;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// How much is allowed, given by the active profile; there are no other profiles.
public enum Strictness {
    /// A developer's machine: any upstream host, plain http.
    DEV,
    /// Automated tests: plain http to a loopback address.
    TEST,
    /// Before production, with production's rules.
    STAGING,
    /// Production.
    PROD;

    /// @param profile the name of a profile
    /// @return its strictness, or empty if there is no such profile
    public static Optional<Strictness> of(String profile) {
        return Arrays.stream(values()).filter(s -> s.profile().equals(profile)).findFirst();
    }

    /// @return the name of the profile
    public String profile() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @return whether a dangerous setting refuses the start
    public boolean refusesDangerousSettings() {
        return this == STAGING || this == PROD;
    }
}
