package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.management.ManagementPaths;
import jakarta.inject.Singleton;
import java.util.Set;

/// Where the meters are read.
@Singleton
public final class MetricsPath implements ManagementPaths {

    @Override
    public Set<String> paths() {
        return Set.of("/q/metrics");
    }
}
