package com.alltkn.gateway.event;

import com.alltkn.gateway.exchange.ExchangeListener;
import com.alltkn.gateway.exchange.Settlement;
import com.alltkn.gateway.rollout.GatewayEnvironment;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Writes the record of each exchange to the log category `gateway.exchange`. Event loops only put
/// it into a bounded queue; one thread of its own formats and writes. Where nobody reads the log
/// and the queue is full, a record is dropped and counted: a request never waits for a log.
@Singleton
public class RecordLog implements ExchangeListener {

    private static final Logger RECORDS = Logger.getLogger("gateway.exchange");
    private static final int QUEUE = 8192;
    private static final long LONGEST_GOODBYE_SECONDS = 5;

    private final BlockingQueue<Settlement> queue = new ArrayBlockingQueue<>(QUEUE);
    private final LongAdder dropped = new LongAdder();
    private final String environment;
    private volatile boolean stopping;
    private @Nullable Thread writer;

    /// @param environment named in every record
    public RecordLog(GatewayEnvironment environment) {
        this.environment = environment.name();
    }

    @Override
    public void settled(Settlement settlement) {
        if (!queue.offer(settlement)) {
            dropped.increment();
        }
    }

    /// @return how many records were dropped since the start
    public long dropped() {
        return dropped.sum();
    }

    void start(@Observes StartupEvent event) {
        writer = Thread.ofPlatform().daemon().name("event-records").start(this::write);
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        stopping = true;
        if (writer != null) {
            writer.join(TimeUnit.SECONDS.toMillis(LONGEST_GOODBYE_SECONDS));
        }
    }

    private void write() {
        try {
            while (true) {
                var settlement = queue.poll(100, TimeUnit.MILLISECONDS);
                if (settlement != null) {
                    RECORDS.info(EventRecord.of(settlement, environment));
                } else if (stopping) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
