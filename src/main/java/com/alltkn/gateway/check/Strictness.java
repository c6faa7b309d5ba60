package com.alltkn.gateway.check;

import java.util.Arrays;
import java.util.List;
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

    /// A mistyped profile would otherwise start with none of its settings, and a list of profiles
    /// with the rules of one and the settings of another.
    ///
    /// @param active the active profiles
    /// @return the strictness of the one that is active; empty if it is not exactly one of the four
    public static Optional<Strictness> ofActive(List<String> active) {
        return active.size() == 1 ? of(active.getFirst()) : Optional.empty();
    }

    /// @param active profiles that are not exactly one of the four
    /// @return what is wrong with them
    public static String refusal(List<String> active) {
        return "quarkus.profile must be exactly one of dev, test, staging, prod, not "
                + String.join(",", active);
    }

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
