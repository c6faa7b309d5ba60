package com.alltkn.gateway.telemetry;

import com.alltkn.gateway.exchange.Exchanges;
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

/// Who takes memory, and how full the heap is. Micrometer's own gauge of that waits for
/// notifications of the collector, which a native executable does not send.
@Singleton
class MemoryMeters {

    private final List<MemoryPoolMXBean> pools =
            ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getType() == MemoryType.HEAP)
                    .toList();

    void register(@Observes StartupEvent event, MeterRegistry registry, Exchanges exchanges) {
        Gauge.builder("gateway.exchanges.body", exchanges, e -> e.view().bodyBytes())
                .description("Memory that bodies of callers take until they are answered")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("gateway.exchanges.answer", exchanges, Exchanges::answerBytes)
                .description("Memory that answers take while they are read along")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("gateway.heap.live.ratio", this, MemoryMeters::liveRatio)
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
