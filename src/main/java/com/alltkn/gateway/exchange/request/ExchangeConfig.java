package com.alltkn.gateway.exchange.request;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/// What a request may take of the gateway.
@ConfigMapping(prefix = "gateway.exchange")
public interface ExchangeConfig {

    /// @return the largest body that is held in memory: JSON, with images in it
    @WithDefault("32M")
    MemorySize maxBodySize();

    /// @return the most memory that such bodies take together, with what is read ahead of uploads:
    ///   an eighth of it is left to callers who hold little, and one caller takes half of what
    ///   others leave of the rest; if empty a quarter of the heap, and in any case enough for two
    ///   of the largest
    Optional<MemorySize> maxBodyMemory();

    /// @return the most memory that answers take together while they are read along, shared among
    ///   callers in the same way; past it less of an answer is read, and its usage may be unknown;
    ///   if empty a sixteenth of the heap
    Optional<MemorySize> maxAnswerMemory();

    /// @return the largest body that is passed on while it arrives: an upload
    @WithDefault("512M")
    MemorySize maxUploadSize();

    /// @return how long a body may pause while it arrives, an upload too
    @WithDefault("20s")
    Duration bodyTimeout();

    /// @return how long a body that is held in memory may take in all
    @WithDefault("2m")
    Duration bodyTotalTimeout();

    /// @return whether answers carry the number of their revision
    @WithDefault("true")
    boolean revisionHeader();
}
