package com.alltkn.gateway.exchange;

/// The memory that callers' bodies take from their first byte until nothing can ask for them again.
final class BodyMemory extends CallerMemory {

    private static final int HEAP_PART = 4;

    BodyMemory(ExchangeConfig config) {
        super(
                config.maxBodyMemory()
                        .map(size -> size.asLongValue())
                        .orElseGet(() -> Runtime.getRuntime().maxMemory() / HEAP_PART),
                config.maxBodySize().asLongValue());
    }
}
