package com.alltkn.gateway.laboratory;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/// Tells whether a case has left anything behind: it looks at a gateway and its upstreams before
/// the case and after it.
///
/// The gateway under it should keep idle connections to upstream for a second
/// ([Production#quickGateway()] says so), for they count as left until they are gone. Where there
/// is no `/proc`, open files are not looked at.
public final class LeakOracle {

    /// How long an exchange may take to let its upstream go.
    private static final Duration AT_ONCE = Duration.ofSeconds(1);

    /// How long idle connections and threads may take to go.
    private static final Duration IDLE = Duration.ofSeconds(5);

    private static final Duration LOOK = Duration.ofMillis(100);

    /// As Linux shows their names: the first 15 letters, or the last of a native executable.
    private static final Pattern OF_THE_JVM =
            Pattern.compile("thread (C[12] CompilerThre|GC Thread|G1 .*|VM Thread)");

    private static final Pattern OF_A_POOL =
            Pattern.compile(
                    "thread (vert\\.x-.*|executor-threa.*|ForkJoinPool.*"
                            + "|.*loop-thread|.*cutor-thread|.*rker-thread|onPool-worker"
                            + "|rnal-blocking|-delayScheduler)");

    /// The largest that these pools become here.
    private static final int POOL = 20;

    private final GatewayProcess gateway;
    private final List<ScriptedUpstream> upstreams;
    private final Map<String, Long> before;

    private LeakOracle(GatewayProcess gateway, List<ScriptedUpstream> upstreams) {
        this.gateway = gateway;
        this.upstreams = upstreams;
        settle();
        this.before = leastHeld();
    }

    /// Waits until the gateway is idle and looks at it.
    public static LeakOracle before(GatewayProcess gateway, ScriptedUpstream... upstreams) {
        return new LeakOracle(gateway, List.of(upstreams));
    }

    /// Fails unless everything is as it was: no exchange and no busy connection to upstream at
    /// once; soon no connection to it, and no file and no thread more than before.
    public void assertNothingIsLeft() {
        settle();
        Awaitility.await("nothing is left")
                .pollDelay(Duration.ZERO)
                .atMost(IDLE)
                .untilAsserted(() -> {
                    var left = left();
                    if (!left.isEmpty()) {
                        throw new AssertionError("left behind: " + left);
                    }
                });
    }

    private void settle() {
        Awaitility.await("no exchange is under way")
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(50))
                .atMost(AT_ONCE)
                .untilAsserted(() -> {
                    var busy = count(ScriptedUpstream::busyConnections);
                    var inFlight = (long) gateway.metric("gateway_exchanges_in_flight");
                    if (busy != 0 || inFlight != 0) {
                        throw new AssertionError(
                                "%d exchanges in flight, %d busy connections to upstream"
                                        .formatted(inFlight, busy));
                    }
                });
        Awaitility.await("no connection to upstream is open")
                .pollDelay(Duration.ZERO)
                .atMost(IDLE)
                .until(() -> count(ScriptedUpstream::openConnections) == 0);
    }

    private List<String> left() {
        var left = new ArrayList<String>();
        held().forEach((kind, number) -> {
            var most = before.getOrDefault(kind, 0L);
            if (OF_A_POOL.matcher(kind).matches()) {
                most = Math.max(most, POOL);
            }
            var more = number - most;
            if (more > 0) {
                left.add("%d × %s".formatted(more, kind));
            }
        });
        return left;
    }

    private long count(ToIntFunction<ScriptedUpstream> what) {
        return upstreams.stream().mapToInt(what).sum();
    }

    /// The least of a few looks, for what the first look itself came by may still be closing.
    private Map<String, Long> leastHeld() {
        var least = new TreeMap<String, Long>(held());
        Awaitility.await()
                .pollDelay(LOOK)
                .pollInterval(LOOK)
                .during(LOOK.multipliedBy(3))
                .atMost(IDLE)
                .until(() -> {
                    var now = held();
                    least.replaceAll((kind, n) -> Math.min(n, now.getOrDefault(kind, 0L)));
                    return true;
                });
        return least;
    }

    /// How many of each kind it holds: sockets, pipes, each file by its name, threads by theirs.
    private Map<String, Long> held() {
        var process = Path.of("/proc", Long.toString(gateway.pid()));
        if (!Files.isDirectory(process)) {
            return Map.of();
        }
        try (var files = Files.list(process.resolve("fd"));
                var threads = Files.list(process.resolve("task"))) {
            return Stream.concat(files.map(LeakOracle::file), threads.map(LeakOracle::thread))
                    .flatMap(Optional::stream)
                    .collect(groupingBy(kind -> kind, TreeMap::new, counting()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> file(Path descriptor) {
        try {
            var target = Files.readSymbolicLink(descriptor).toString();
            return Optional.of(target.replaceFirst(":\\[\\d+]$", ""))
                    .filter(kind -> !kind.endsWith(".jar"));
        } catch (NoSuchFileException e) {
            // Closed meanwhile.
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> thread(Path task) {
        try {
            var name = Files.readString(task.resolve("comm")).strip();
            return Optional.of("thread " + name.replaceAll("[-# ]*\\d+$", ""))
                    .filter(kind -> !OF_THE_JVM.matcher(kind).matches());
        } catch (IOException e) {
            // Ended meanwhile.
            return Optional.empty();
        }
    }
}
