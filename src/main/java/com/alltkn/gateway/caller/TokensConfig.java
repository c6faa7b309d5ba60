package com.alltkn.gateway.caller;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// Whose tokens callers may come with in place of an API key; nobody's unless there is an issuer.
@ConfigMapping(prefix = "gateway.callers.tokens")
public interface TokensConfig {

    /// @return the `iss` of a good token, and where the issuer describes itself
    Optional<String> issuer();

    /// @return what must be among the `aud` of a good token
    Optional<String> audience();

    /// @return where the issuer's keys are; what the issuer says of itself, if not set
    Optional<URI> jwksUrl();

    /// @return a file with the token that the keys are read with, read anew each time
    Optional<Path> bearerFile();

    /// @return name of a Quarkus TLS configuration with the authorities to trust
    Optional<String> tlsConfiguration();

    /// @return how far the issuer's clock may be from this one
    @WithDefault("30s")
    Duration leeway();

    /// @return how often the keys are read, ± 20 %
    @WithDefault("10m")
    Duration refreshInterval();
}
