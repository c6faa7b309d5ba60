package com.alltkn.gateway.load.siege;

import com.alltkn.gateway.load.siege.Attacker.Effort;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// An attack under way.
final class Siegework {

    private final Process attacker;
    private final Thread reader;
    private volatile Effort effort = Effort.NONE;

    /// @param attacker runs [Attacker]
    Siegework(Process attacker) {
        this.attacker = attacker;
        reader =
                Thread.ofPlatform()
                        .daemon()
                        .start(() -> follow(attacker.inputReader(StandardCharsets.US_ASCII)));
    }

    /// Ends it, and with it all its connections.
    ///
    /// @return what it did
    Effort end() throws InterruptedException {
        if (!attacker.isAlive()) {
            throw new IllegalStateException("the attacker ended by itself");
        }
        attacker.destroyForcibly().waitFor();
        reader.join();
        return effort;
    }

    private void follow(BufferedReader lines) {
        try (lines) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                effort = Effort.parse(line);
            }
        } catch (IOException e) {
            // The process was killed while it wrote.
        }
    }
}
