package com.alltkn.gateway.fuzz;

/// What Jazzer calls, by this name, in a process of its own per target.
public final class JazzerEntry {

    private static final FuzzTarget TARGET = FuzzTarget.valueOf(System.getProperty("fuzz.target"));

    private JazzerEntry() {}

    /// @param input what Jazzer made up
    public static void fuzzerTestOneInput(byte[] input) {
        TARGET.check(input);
    }
}
