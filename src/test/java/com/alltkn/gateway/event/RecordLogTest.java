package com.alltkn.gateway.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.check.Strictness;
import com.alltkn.gateway.laboratory.Settlements;
import com.alltkn.gateway.rollout.GatewayEnvironment;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecordLogTest {

    private static final int QUEUE = 8192;

    private final Logger category = Logger.getLogger("gateway.exchange");
    private final Handler[] others = category.getHandlers();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final CountDownLatch readerReads = new CountDownLatch(1);
    private final Handler reader = new Reader();
    private final RecordLog log = new RecordLog(new GatewayEnvironment("test", Strictness.TEST));

    @BeforeEach
    void listen() {
        for (var other : others) {
            category.removeHandler(other);
        }
        category.addHandler(reader);
        category.setUseParentHandlers(false);
    }

    @AfterEach
    void leave() {
        category.setUseParentHandlers(true);
        category.removeHandler(reader);
        for (var other : others) {
            category.addHandler(other);
        }
    }

    @Test
    void writesEachRecordOnce() {
        readerReads.countDown();
        log.start(new StartupEvent());

        log.settled(Settlements.answered());
        log.settled(Settlements.refused());

        await().until(() -> lines.size() == 2);
        assertThat(lines)
                .containsExactly(
                        EventRecord.of(Settlements.answered(), "test"),
                        EventRecord.of(Settlements.refused(), "test"));
        assertThat(log.dropped()).isZero();
    }

    @Test
    void dropsAndCountsWhatDoesNotFitWhileNobodyReads() throws InterruptedException {
        for (var i = 0; i < QUEUE + 10; i++) {
            log.settled(Settlements.refused());
        }
        var dropped = log.dropped();
        log.start(new StartupEvent());
        readerReads.countDown();

        log.stop(new ShutdownEvent());

        assertThat(dropped).isEqualTo(10);
        assertThat(lines).hasSize(QUEUE);
    }

    private final class Reader extends Handler {

        @Override
        public void publish(LogRecord record) {
            try {
                readerReads.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            lines.add(record.getMessage());
        }

        @Override
        public void flush() {
            // Nothing is kept back.
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
