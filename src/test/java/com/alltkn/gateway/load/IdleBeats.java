package com.alltkn.gateway.load;

import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Asks an upstream that closes idle connections after 5 s, and says nothing of it, at several
/// beats: 2,000 requests at each, on 100 connections that all ask at the same moment. Prints how
/// many failed at each beat, and fails if one did.
///
/// System properties change it: `load.beats` (milliseconds, 4500,5000,5500,10000) and `load.closes`
/// (when upstream closes, 5000).
public final class IdleBeats {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int CALLERS = 100;
    private static final int ROUNDS = 20;
    private static final Pattern CODE = Pattern.compile("\"code\":\"(\\w+)\"");

    private IdleBeats() {}

    /// Runs everything and prints a line for each beat.
    ///
    /// @param arguments none
    /// @throws IOException if something does not start
    public static void main(String[] arguments) throws IOException {
        var beats =
                Arrays.stream(System.getProperty("load.beats", "4500,5000,5500,10000").split(","))
                        .map(beat -> Duration.ofMillis(Long.parseLong(beat)))
                        .toList();
        var failed = 0;
        try (var production = Production.start();
                var gateway =
                        production.gateway().withoutStdout().measured().start().awaitReady()) {
            production
                    .upstream()
                    .closeIdleAfter(Duration.ofMillis(Integer.getInteger("load.closes", 5000)));
            IO.println(
                    "%8s %9s %7s %10s %8s %12s"
                            .formatted(
                                    "beat",
                                    "requests",
                                    "failed",
                                    "upstream",
                                    "repeats",
                                    "connections"));
            warmUp(production, gateway);
            for (var beat : beats) {
                failed += run(production, gateway, beat);
            }
        }
        if (failed > 0) {
            throw new IllegalStateException(failed + " requests failed");
        }
    }

    private static int run(Production production, GatewayProcess gateway, Duration beat)
            throws IOException {
        var upstream = production.upstream();
        upstream.takeRequests();
        var repeats = gateway.metric("gateway_upstream_repeats_total");
        var connections = upstream.acceptedConnections();
        var callers = connect(gateway);
        var errors = new TreeMap<String, Integer>();
        try {
            var due = System.nanoTime();
            for (var round = 0; round < ROUNDS; round++) {
                ask(production, callers, errors);
                due += beat.toNanos();
                pass(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
            }
        } finally {
            close(callers);
        }
        var failed = errors.values().stream().mapToInt(Integer::intValue).sum();
        IO.println(
                "%8d %9d %7d %10d %8.0f %12d  %s"
                        .formatted(
                                beat.toMillis(),
                                CALLERS * ROUNDS,
                                failed,
                                upstream.takeRequests().size(),
                                gateway.metric("gateway_upstream_repeats_total") - repeats,
                                upstream.acceptedConnections() - connections,
                                failed == 0 ? "" : errors));
        return failed;
    }

    private static void warmUp(Production production, GatewayProcess gateway) throws IOException {
        var callers = connect(gateway);
        try {
            for (var round = 0; round < ROUNDS; round++) {
                ask(production, callers, new TreeMap<>());
            }
        } finally {
            close(callers);
        }
    }

    private static void ask(
            Production production, List<RawHttp> callers, Map<String, Integer> errors)
            throws IOException {
        for (var caller : callers) {
            caller.send(production.post(Production.PATH, Production.CHAT));
        }
        for (var caller : callers) {
            var answer = caller.read(PATIENCE);
            if (answer.status() != 200) {
                errors.merge(code(answer), 1, Integer::sum);
            }
        }
    }

    private static String code(RawResponse answer) {
        var code = CODE.matcher(answer.bodyText());
        return code.find() ? code.group(1) : answer.statusLine();
    }

    private static List<RawHttp> connect(GatewayProcess gateway) throws IOException {
        var callers = new ArrayList<RawHttp>();
        for (var i = 0; i < CALLERS; i++) {
            callers.add(gateway.connect());
        }
        return callers;
    }

    private static void close(List<RawHttp> callers) throws IOException {
        for (var caller : callers) {
            caller.close();
        }
    }

    private static void pass(Duration time) {
        await().pollDelay(time)
                .pollInterval(Duration.ofMillis(1))
                .atMost(time.plus(PATIENCE))
                .until(() -> true);
    }
}
