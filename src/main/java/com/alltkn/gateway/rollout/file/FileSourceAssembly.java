package com.alltkn.gateway.rollout.file;

import com.alltkn.gateway.rollout.SettingsSource;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/// Makes the file source, where it is the chosen one.
@Singleton
final class FileSourceAssembly {

    @Produces
    @Singleton
    @Identifier("file")
    SettingsSource source(FileSourceConfig config, Clock clock) {
        return new FileSource(config.path().orElseThrow(), config.pollInterval(), clock);
    }
}
