package com.alltkn.gateway.startup;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.PropertiesConfigSource;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.eclipse.microprofile.config.spi.ConfigSource;

/// Defaults that are worked out at start, below everything that anybody sets.
public final class DerivedDefaults implements ConfigSourceFactory {

    /// Below `application.properties`.
    private static final int ORDINAL = 200;

    /// Read by the configuration itself.
    public DerivedDefaults() {}

    @Override
    public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
        var endpoint = context.getValue("gateway.traces.endpoint");
        var traced = endpoint != null && endpoint.getValue() != null;
        return List.of(
                new PropertiesConfigSource(
                        Map.of(
                                // One event loop a core: more of them only get in each other's way.
                                "quarkus.vertx.event-loops-pool-size",
                                Integer.toString(Runtime.getRuntime().availableProcessors()),
                                "quarkus.otel.sdk.disabled",
                                Boolean.toString(!traced)),
                        "defaults worked out at start",
                        ORDINAL));
    }

    @Override
    public OptionalInt getPriority() {
        return OptionalInt.of(ORDINAL);
    }
}
