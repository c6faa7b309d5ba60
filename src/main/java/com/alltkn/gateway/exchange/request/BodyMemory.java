package com.alltkn.gateway.exchange.request;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/// The memory that callers' bodies take from their first byte until nothing can ask for them again.
@Singleton
public final class BodyMemory extends CallerMemory {

    private static final int HEAP_PART = 4;

    /// @param config how much there is
    @Inject
    BodyMemory(ExchangeConfig config) {
        super(
                config.maxBodyMemory()
                        .map(size -> size.asLongValue())
                        .orElseGet(() -> Runtime.getRuntime().maxMemory() / HEAP_PART),
                config.maxBodySize().asLongValue());
    }
}
