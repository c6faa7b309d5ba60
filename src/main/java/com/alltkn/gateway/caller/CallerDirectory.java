package com.alltkn.gateway.caller;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;

/// Loads the callers once, on first use: that is the check at start, so that what is wrong with the
/// rest of the configuration is told in one go.
@Singleton
public class CallerDirectory {

    /// Reads the callers file, or makes the development caller.
    ///
    /// @param config where the callers are configured
    /// @return the callers
    /// @throws InvalidCallersException if none are configured or the file is wrong
    @Produces
    @ApplicationScoped
    Callers callers(CallersConfig config) {
        if (config.file().isPresent()) {
            return read(config.file().get());
        }
        var key =
                config.developmentKey()
                        .orElseThrow(() ->
                                new InvalidCallersException(
                                        "gateway.callers.file is not set: without callers"
                                                + " nobody could use the gateway"));
        var hash = HexFormat.of().formatHex(Callers.sha256(key));
        return Callers.of(Map.of(hash, new Caller("dev", false, true)));
    }

    private static Callers read(Path file) {
        try {
            return CallersFile.read(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new InvalidCallersException(
                    "gateway.callers.file: cannot read %s (%s)"
                            .formatted(file, e.getClass().getSimpleName()));
        } catch (InvalidCallersException e) {
            throw new InvalidCallersException(
                    "gateway.callers.file: %s: %s".formatted(file, e.getMessage()));
        }
    }
}
