package com.alltkn.gateway;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/// Starts the gateway.
@QuarkusMain
public final class Main {

    Main() {}

    /// Runs until the process is told to stop.
    ///
    /// @param args not used
    public static void main(String... args) {
        Quarkus.run(args);
    }
}
