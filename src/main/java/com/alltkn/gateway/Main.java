package com.alltkn.gateway;

import com.alltkn.gateway.startup.StartFailure;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import org.jspecify.annotations.Nullable;

/// Starts the gateway.
@QuarkusMain
public final class Main {

    Main() {}

    /// Runs until the process is told to stop.
    ///
    /// @param args not used
    public static void main(String... args) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            ExitDeadline.install();
            LifeWatch.install();
        }
        // Lets Netty find what watches each connection: see connection.ConnectionGuard.
        System.setProperty("io.netty.bootstrap.extensions", "serviceload");
        Quarkus.run(null, Main::exit, args);
    }

    /// A start that failed says why on standard error: the log, which nobody waits for, may not
    /// have got that far.
    private static void exit(int code, @Nullable Throwable failure) {
        if (failure != null) {
            // Nobody may read what is said.
            ExitDeadline.setFor(code);
            System.err.println(
                    "alltkn-gateway does not start: "
                            + StartFailure.ofThisProcess().words(failure));
        }
        System.exit(code);
    }
}
