package com.alltkn.gateway.telemetry;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.Objects;

/// How full the heap is. Micrometer's own gauge of it waits for notifications of the collector,
/// which a native executable does not send.
@Singleton
class HeapMeters {

    private final List<MemoryPoolMXBean> pools =
            ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getType() == MemoryType.HEAP)
                    .toList();

    void register(@Observes StartupEvent event, MeterRegistry registry) {
        Gauge.builder("gateway.heap.live.ratio", this, HeapMeters::liveRatio)
                .description("Share of the heap that its last collections left in use")
                .register(registry);
    }

    private double liveRatio() {
        var live =
                pools.stream()
                        .map(MemoryPoolMXBean::getCollectionUsage)
                        .filter(Objects::nonNull)
                        .mapToLong(MemoryUsage::getUsed)
                        .sum();
        return (double) live / Runtime.getRuntime().maxMemory();
    }
}
