package com.alltkn.gateway.laboratory;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/// Makes the [GatewayUnderTest] one that tries again what may be tried again, has two fallback
/// models, and leaves a dead upstream alone for a second.
public final class Persistence implements QuarkusTestResourceLifecycleManager {

    @Override
    public int order() {
        return 1;
    }

    @Override
    public Map<String, String> start() {
        return Map.of(
                "gateway.upstream.retry.max-retries", "2",
                "gateway.upstream.breaker.failures", "20",
                "gateway.upstream.breaker.interval", "1s",
                "ALLTKN_FALLBACK_MODELS", "second-model, third-model");
    }

    @Override
    public void stop() {
        // Nothing was started.
    }
}
