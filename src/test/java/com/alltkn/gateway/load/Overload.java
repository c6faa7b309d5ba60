package com.alltkn.gateway.load;

import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.MadeUpCallers;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.laboratory.SteadyLoad;
import com.alltkn.gateway.laboratory.SteadyLoad.Call;
import com.alltkn.gateway.laboratory.SteadyLoad.Calls;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Offers the packaged gateway ten times what its upstream can do, and then lets one caller ask a
/// hundred times as much as each of five others, while one more runs into a limit of its own;
/// prints what is promised beside what was measured, and fails where a promise is not kept.
/// Requests come at random times, whatever the answers do, and their time counts from when they
/// were due.
///
/// System properties change it, all in seconds: `load.warmup` (15), `load.window` (15, without
/// overload), `load.overload` (30).
public final class Overload {

    private static final LimitedUpstream UPSTREAM =
            new LimitedUpstream(40, Duration.ofMillis(100), Duration.ofMillis(400));

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /// How soon after an overload everything is as before.
    private static final Duration RECOVERY = Duration.ofSeconds(5);

    private static final int TIMES_CAPACITY = 10;
    private static final int QUIET_CALLERS = 5;
    private static final int QUIET_RATE = 5;
    private static final int TIMES_QUIET = 100;
    private static final int PERMITS = 60;
    private static final int LIMITED_RATE = 20;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final String LOUD = "loud";
    private static final String LIMITED = "limited";

    /// Is refused all but once a minute: makes the gateway warm, and leaves its gate as it is.
    private static final String WARM = "warm";

    private static final String ANSWERED = "";
    private static final String UNADVISED = "no retry-after";
    private static final String TURNED_AWAY = "upstream_overloaded";
    private static final List<String> KINDS =
            List.of(
                    "gateway_overloaded",
                    TURNED_AWAY,
                    "upstream_unavailable",
                    "rate_limit_exceeded");

    private final Duration warmup = Duration.ofSeconds(Integer.getInteger("load.warmup", 15));
    private final Duration window = Duration.ofSeconds(Integer.getInteger("load.window", 15));
    private final Duration overload = Duration.ofSeconds(Integer.getInteger("load.overload", 30));

    private final ScriptedUpstream upstream;
    private final GatewayProcess gateway;
    private final Map<String, String> keys;
    private final List<String> broken = new ArrayList<>();
    private long called;
    private long retriesSoFar;

    private Overload(ScriptedUpstream upstream, GatewayProcess gateway, Map<String, String> keys) {
        this.upstream = upstream;
        this.gateway = gateway;
        this.keys = keys;
    }

    /// Runs everything and prints the table.
    ///
    /// @param arguments none
    /// @throws IOException if something does not start
    public static void main(String[] arguments) throws IOException {
        var keys =
                Stream.concat(quietCallers(), Stream.of(LOUD, LIMITED, WARM))
                        .collect(
                                Collectors.toMap(
                                        Function.identity(),
                                        _ -> "test-caller-" + UUID.randomUUID()));
        try (var production = Production.start();
                var gateway =
                        production
                                .gateway()
                                .environment(
                                        "GATEWAY_CALLERS_FILE",
                                        MadeUpCallers.fileOf(callers(keys)).toString())
                                .withoutStdout()
                                .measured()
                                .start()
                                .awaitReady()) {
            new Overload(production.upstream(), gateway, keys).run();
        }
    }

    private static Stream<String> quietCallers() {
        return IntStream.rangeClosed(1, QUIET_CALLERS).mapToObj(number -> "quiet-" + number);
    }

    private static String callers(Map<String, String> keys) {
        return keys.entrySet().stream()
                .map(caller ->
                        """
                          - id: %s
                            api-keys: ["sha256:%s"]
                            limits: {%s}
                        """
                                .formatted(
                                        caller.getKey(),
                                        MadeUpCallers.sha256(caller.getValue()),
                                        limits(caller.getKey())))
                .collect(Collectors.joining("", "callers:\n", ""));
    }

    private static String limits(String caller) {
        return switch (caller) {
            case LIMITED -> "requests-per-minute: " + PERMITS;
            case WARM -> "requests-per-minute: 1";
            default -> "";
        };
    }

    private void run() throws IOException {
        UPSTREAM.refuseTheRest(upstream);
        IO.println(
                "upstream works at %d requests at once, %d to %d ms each, and refuses the rest: %d/s at most"
                        .formatted(
                                UPSTREAM.slots(),
                                UPSTREAM.shortest().toMillis(),
                                UPSTREAM.longest().toMillis(),
                                UPSTREAM.capacity()));
        row("", "promised", "measured");
        tenTimesTheCapacity();
        oneCallerAHundredTimes();
        if (!broken.isEmpty()) {
            throw new IllegalStateException("not as promised: " + broken);
        }
    }

    private void tenTimesTheCapacity() throws IOException {
        var usual = UPSTREAM.capacity() / 2;
        var callers = quietCallers().toList();
        try (var steady = load(usual, callers)) {
            Calls warming;
            try (var warm = load(TIMES_CAPACITY * UPSTREAM.capacity(), List.of(WARM))) {
                pass(warmup);
                warming = warm.stop();
            }
            pass(RECOVERY);
            var before = phase(steady, window);
            var from = steady.now();
            Duration to;
            Calls flooded;
            try (var flood = load(TIMES_CAPACITY * UPSTREAM.capacity() - usual, callers)) {
                pass(overload);
                to = steady.now();
                flooded = flood.stop();
            }
            var during = both(steady.calls().between(from, to), flooded);
            pass(RECOVERY.plus(window));
            var all = steady.stop();
            var after = all.between(to, steady.now());

            title(
                    "%d/s, then %d/s for %d s, then %d/s again"
                            .formatted(
                                    usual,
                                    during.count() / overload.toSeconds(),
                                    overload.toSeconds(),
                                    usual));
            var p99 = p99(answered(before));
            row("p99 before", "", millis(p99));
            exactly("refused before", 0, refused(before).count());
            atMost("p99 of what is answered during it", p99.multipliedBy(2), p99(answered(during)));
            var share =
                    100.0 * answered(during).count() / (overload.toSeconds() * UPSTREAM.capacity());
            promise(
                    "answered, of what upstream can do",
                    "≥ 90 %",
                    "%.1f %%".formatted(share),
                    share >= 90);
            atMost("p99 of refusals", Duration.ofMillis(50), p99(refused(during)));
            exactly("refusals without retry-after", 0, count(UNADVISED, during));
            atMost(
                    "until the last refusal after it",
                    RECOVERY,
                    refused(after).all().stream()
                            .map(call -> call.due().minus(to))
                            .max(Duration::compareTo)
                            .orElse(Duration.ZERO));
            atMost(
                    "p99 from 5 s after it on",
                    p99.multipliedBy(11).dividedBy(10),
                    p99(after.between(to.plus(RECOVERY), steady.now())));
            callsUpstream(both(all, both(warming, flooded)));
        }
    }

    private void oneCallerAHundredTimes() throws IOException {
        var others = quietCallers().toList();
        try (var quiet = load(QUIET_CALLERS * QUIET_RATE, others)) {
            var alone = phase(quiet, window.multipliedBy(2));
            var from = quiet.now();
            Duration to;
            Calls loud;
            Calls limited;
            try (var loudLoad = load(TIMES_QUIET * QUIET_RATE, List.of(LOUD));
                    var limitedLoad = load(LIMITED_RATE, List.of(LIMITED))) {
                pass(MINUTE.plus(RECOVERY));
                to = quiet.now();
                loud = loudLoad.stop();
                limited = limitedLoad.stop();
            }
            var all = quiet.stop();
            var during = all.between(from, to);

            title(
                    "%d callers at %d/s each; then one more at %d/s, and one at %d/s with a limit"
                            .formatted(
                                    QUIET_CALLERS,
                                    QUIET_RATE,
                                    TIMES_QUIET * QUIET_RATE,
                                    LIMITED_RATE));
            var p99 = p99(answered(alone));
            row("p99 of the five alone", "", millis(p99));
            atMost("their p99 beside it", p99.multipliedBy(3).dividedBy(2), p99(answered(during)));
            exactly("refused of their " + during.count(), 0, refused(during).count());
            row("the one: p99 of what is answered", "", millis(p99(answered(loud))));
            row("its refusals: p99", "", millis(p99(refused(loud))));
            exactly("the limited one, answered in its first minute", PERMITS, inAMinute(limited));
            callsUpstream(both(all, both(loud, limited)));
        }
    }

    /// What the gateway refuses by itself costs upstream nothing, so it was asked for exactly the
    /// rest.
    private void callsUpstream(Calls all) throws IOException {
        pass(Duration.ZERO);
        var retries = (long) gateway.metric("gateway_upstream_retries_total") - retriesSoFar;
        var turnedAway = count(TURNED_AWAY, all);
        row("refused by upstream itself / retries", "", turnedAway + " / " + retries);
        exactly("calls upstream", answered(all).count() + turnedAway + retries, called);
        retriesSoFar += retries;
        called = 0;
    }

    /// The first minute counts from the first answer, as the limit does.
    private static long inAMinute(Calls calls) {
        var granted = answered(calls).all().stream().map(Call::due).sorted().toList();
        var end = granted.getFirst().plus(MINUTE);
        return granted.stream().filter(due -> due.compareTo(end) < 0).count();
    }

    private SteadyLoad load(int perSecond, List<String> callers) {
        return SteadyLoad.atRandom(
                gateway,
                perSecond,
                Overload::kind,
                callers.stream().map(this::request).toArray(String[]::new));
    }

    private String request(String caller) {
        return RawHttp.post(
                "/v1/chat/completions",
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                        .formatted(caller),
                "authorization: Bearer " + keys.get(caller));
    }

    private static String kind(RawResponse response) {
        if (response.status() == 200) {
            return ANSWERED;
        }
        if (response.header("retry-after").isEmpty()) {
            return UNADVISED;
        }
        return KINDS.stream()
                .filter(response.bodyText()::contains)
                .findFirst()
                .orElse("status " + response.status());
    }

    private static Calls both(Calls one, Calls other) {
        return new Calls(Stream.concat(one.all().stream(), other.all().stream()).toList());
    }

    private static Calls answered(Calls calls) {
        return calls.only(call -> call.fault().equals(ANSWERED));
    }

    private static Calls refused(Calls calls) {
        return calls.only(call -> !call.fault().equals(ANSWERED));
    }

    private static int count(String kind, Calls calls) {
        return calls.only(call -> call.fault().equals(kind)).count();
    }

    private static Duration p99(Calls calls) {
        return calls.quantile(0.99);
    }

    private Calls phase(SteadyLoad load, Duration time) {
        var from = load.now();
        pass(time);
        return load.calls().between(from, load.now());
    }

    /// Lets time pass, and upstream forget what it has seen meanwhile.
    private void pass(Duration time) {
        var end = System.nanoTime() + time.toNanos();
        await().atMost(time.plus(PATIENCE))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    called += upstream.takeRequests().size();
                    return System.nanoTime() - end >= 0;
                });
    }

    private static String millis(Duration time) {
        return "%.1f ms".formatted(time.toNanos() / 1e6);
    }

    private static void title(String title) {
        IO.println("\n" + title);
    }

    private static void row(String what, String promised, String measured) {
        IO.println("  %-46s %14s %14s".formatted(what, promised, measured));
    }

    private void atMost(String what, Duration most, Duration measured) {
        promise(what, "≤ " + millis(most), millis(measured), measured.compareTo(most) <= 0);
    }

    private void exactly(String what, long promised, long measured) {
        promise(what, Long.toString(promised), Long.toString(measured), measured == promised);
    }

    private void promise(String what, String promised, String measured, boolean kept) {
        row(what, promised, kept ? measured : measured + "  BROKEN");
        if (!kept) {
            broken.add(what);
        }
    }
}
