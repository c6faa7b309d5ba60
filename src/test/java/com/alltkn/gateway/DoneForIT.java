package com.alltkn.gateway;

import static com.alltkn.gateway.laboratory.GatewayProcess.SIGTERM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.Debugger;
import com.alltkn.gateway.laboratory.FreePort;
import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;

/// The packaged application, done for: it ends, by itself or when it is told to, without any flag
/// of the JVM's that would see to it.
@DisabledIf("com.alltkn.gateway.laboratory.GatewayProcess#isNative")
class DoneForIT {

    private static final int DONE_FOR = 3;

    private static Production production;

    @BeforeAll
    static void start() {
        production = Production.start();
    }

    @AfterAll
    static void stop() {
        production.close();
    }

    @Test
    void endsByItselfOnceItsHeapIsFull() throws IOException, InterruptedException {
        var port = FreePort.find();
        try (var gateway = gateway(port);
                var debugger = Debugger.attach(port)) {
            debugger.fillHeap();

            assertThat(gateway.awaitExit(Duration.ofSeconds(20))).isEqualTo(DONE_FOR);
            assertThat(gateway.stderr())
                    .contains("\nalltkn-gateway ends: the heap is full (out of memory)");
        }
    }

    /// It collects all the time, and everything goes on, slower and slower.
    @Test
    void endsByItselfWhereCollectionsFindNothing() throws IOException, InterruptedException {
        var port = FreePort.find();
        try (var gateway = gateway(port);
                var debugger = Debugger.attach(port)) {
            holdNearlyAll(gateway, debugger);

            await().atMost(Duration.ofSeconds(40))
                    .pollInterval(Duration.ofMillis(200))
                    .ignoreExceptions()
                    .until(() -> {
                        if (gateway.isAlive()) {
                            gateway.management("/q/metrics");
                        }
                        return !gateway.isAlive();
                    });
            assertThat(gateway.awaitExit(Duration.ofSeconds(1))).isEqualTo(DONE_FOR);
        }
    }

    @Test
    void tellsTheProbeOfADeadLoopAndThenEndsByItself() throws IOException, InterruptedException {
        var port = FreePort.find();
        try (var gateway = gateway(port);
                var debugger = Debugger.attach(port)) {
            assertThat(debugger.stopThreads("vert.x-eventloop-thread-0"::equals)).isEqualTo(1);

            // Before it ends by itself, which takes 30 s.
            await().atMost(Duration.ofSeconds(28))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> isUnwell(gateway));
            assertThat(gateway.awaitExit(Duration.ofSeconds(40))).isEqualTo(DONE_FOR);
            assertThat(gateway.stderr())
                    .endsWith("alltkn-gateway ends: an event loop has done nothing for 30 s\n");
        }
    }

    @Test
    void endsInTimeWhenToldToWhateverIsStuck() throws IOException, InterruptedException {
        var port = FreePort.find();
        try (var gateway = gateway(port);
                var debugger = Debugger.attach(port)) {
            var stopped =
                    debugger.stopThreads(name ->
                            name.equals("main")
                                    || name.startsWith("vert.x-")
                                    || name.startsWith("executor-thread"));
            assertThat(stopped).isGreaterThan(3);

            gateway.terminate();

            // The grace is one second.
            assertThat(gateway.awaitExit(Duration.ofSeconds(1 + 8 + 2))).isEqualTo(SIGTERM);
        }
    }

    @Test
    void endsInTimeWhenToldToAlthoughItsHeapIsFull() throws IOException, InterruptedException {
        var port = FreePort.find();
        try (var gateway = gateway(port);
                var debugger = Debugger.attach(port)) {
            holdNearlyAll(gateway, debugger);
            // The first, so that nobody but the signal ends it.
            assertThat(debugger.stopThreads(List.of("life-watch", "main")::contains)).isEqualTo(2);

            gateway.terminate();

            assertThat(gateway.awaitExit(Duration.ofSeconds(1 + 8 + 2))).isEqualTo(SIGTERM);
        }
    }

    /// So much of the heap that what is left is collected all the time.
    private static void holdNearlyAll(GatewayProcess gateway, Debugger debugger)
            throws IOException, InterruptedException {
        // Which collects.
        gateway.usedMemory();
        var heap = "area=\"heap\"";
        debugger.holdHeap(
                (long)
                        (0.985 * gateway.metric("jvm_memory_max_bytes", heap)
                                - gateway.metric("jvm_memory_used_bytes", heap)));
    }

    private static GatewayProcess gateway(int debugPort) {
        return production
                .gateway()
                .environment("JDK_JAVA_OPTIONS", Debugger.option(debugPort))
                .environment("QUARKUS_SHUTDOWN_TIMEOUT", "1S")
                .start()
                .awaitReady();
    }

    /// Whether a probe was answered, by a loop that lives, with no.
    private static boolean isUnwell(GatewayProcess gateway) throws IOException {
        try (var connection = RawHttp.connect(gateway.managementPort())) {
            connection.send(RawHttp.request("GET", "/q/health/live", "", "accept: */*"));
            return connection.read(Duration.ofMillis(500)).status() == 503;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }
}
