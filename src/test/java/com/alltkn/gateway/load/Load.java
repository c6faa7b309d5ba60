package com.alltkn.gateway.load;

import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.laboratory.GatewayProcess;
import com.alltkn.gateway.laboratory.LeakOracle;
import com.alltkn.gateway.laboratory.NumberedKeys;
import com.alltkn.gateway.laboratory.Production;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.RecordedRequest;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.laboratory.SteadyLoad;
import com.alltkn.gateway.laboratory.SteadyLoad.Call;
import com.alltkn.gateway.laboratory.SteadyLoad.Calls;
import com.alltkn.gateway.laboratory.Toxic;
import com.alltkn.gateway.laboratory.ToxicProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Loads the packaged gateway with JSON and streams, half and half, takes Vault away in several
/// manners and then rotates the key again and again; prints a table and fails if a single answer
/// was not whole, or was not made with the key of the revision that it names. At last upstream has
/// too much to do for half a minute.
///
/// System properties change it: `load.rate` (300 requests/s), `load.warmup` and `load.window`
/// (seconds, 30 and 15), `load.rotations` (20), `load.every` (seconds between them, 3) and
/// `load.minutes` (how long to go on rotating at least, 0).
public final class Load {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration PAUSE_IN_STREAMS = Duration.ofMillis(100);

    /// After a key was written: the poll, the prompt, and the new connections.
    private static final Duration SWAP = Duration.ofSeconds(1);

    private static final int FAILING_RATE = 200;
    private static final Duration FAILING = Duration.ofSeconds(30);
    private static final String DEAD_CHAT = "{\"model\":\"dead\",\"messages\":[]}";

    private final int rate = Integer.getInteger("load.rate", 300);
    private final Duration warmup = Duration.ofSeconds(Integer.getInteger("load.warmup", 30));
    private final Duration window = Duration.ofSeconds(Integer.getInteger("load.window", 15));
    private final int rotations = Integer.getInteger("load.rotations", 20);
    private final Duration every = Duration.ofSeconds(Integer.getInteger("load.every", 3));
    private final Duration atLeast = Duration.ofMinutes(Integer.getInteger("load.minutes", 0));

    private final Production production;
    private final ToxicProxy proxy;
    private final ScriptedUpstream upstream;
    private final NumberedKeys keys;
    private int newest = 1;
    private long asked;
    private long strange;

    private Load(Production production, ToxicProxy proxy) {
        this.production = production;
        this.proxy = proxy;
        this.upstream = production.upstream();
        this.keys = new NumberedKeys(production.upstreamKey());
        keys.accept(upstream, newest, PAUSE_IN_STREAMS);
    }

    /// Runs everything and prints the table.
    ///
    /// @param arguments none
    /// @throws IOException if something does not start
    public static void main(String[] arguments) throws IOException {
        try (var production = Production.start();
                var proxy = ToxicProxy.before(production.vault().url().getPort());
                var gateway =
                        production
                                .quickGateway(proxy)
                                .environment("GATEWAY_ROLLOUT_PROBATION", "0s")
                                .withoutStdout()
                                .measured()
                                .start()
                                .awaitReady()) {
            new Load(production, proxy).run(gateway);
        }
    }

    private void run(GatewayProcess gateway) throws IOException {
        printLoad("before");
        try (var load = start(gateway)) {
            pass(load, warmup);
        }
        var oracle = LeakOracle.before(gateway, upstream);
        upstream.takeRequests();
        asked = 0;
        try (var load = start(gateway)) {
            IO.println(
                    "%d requests/s, JSON and streams of %d ms in turn; times of JSON in ms"
                            .formatted(rate, 6 * PAUSE_IN_STREAMS.toMillis()));
            IO.println("%-28s %8s %8s %8s %8s".formatted("", "answers", "failed", "p50", "p99"));
            vaultTroubles(load);
            rotate(gateway, load);
            var all = load.stop();
            count();
            row("all", all);
            IO.println("attempts at upstream: " + asked + ", with a key not ours: " + strange);
            IO.println(
                    "revisions promoted: "
                            + (int) gateway.metric("gateway_revision_promotions_total")
                            + ", prompts: "
                            + upstream.prompts().size());
            oracle.assertNothingIsLeft();
            IO.println("connections, files and threads are back to what they were");
            printLoad("after");
            if (!all.faults().isEmpty() || asked != all.count() || strange > 0) {
                throw new IllegalStateException(
                        "not as promised; the first faults: "
                                + all.faults().stream().limit(5).toList());
            }
        }
        deadUpstream(gateway);
    }

    /// Upstream has too much to do, whatever it is asked: counts what it is asked all the same, and
    /// how soon callers are refused; then it is well again.
    private void deadUpstream(GatewayProcess gateway) {
        upstream.on(asksForDeadModel(), Script.json(503, "{\"error\":{\"message\":\"no\"}}"));
        count();
        asked = 0;
        try (var load =
                SteadyLoad.on(
                        gateway,
                        FAILING_RATE,
                        Load::kindOfError,
                        production.post("/v1/chat/completions", DEAD_CHAT))) {
            pass(load, FAILING);
            var failing = load.calls();
            var calls = asked;
            upstream.on(asksForDeadModel(), Script.json(200, ScriptedUpstream.COMPLETION));
            var healed = load.now();
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> load.calls().only(c -> c.fault().equals("answered")).count() > 0);
            var recovered = load.now().minus(healed);
            load.stop();
            IO.println(
                    "upstream answers 503, %d requests/s for %d s: %d requests, %d calls upstream (%.2f each)"
                            .formatted(
                                    FAILING_RATE,
                                    FAILING.toSeconds(),
                                    failing.count(),
                                    calls,
                                    (double) calls / failing.count()));
            row("refused at once", failing.only(c -> c.fault().equals("upstream_unavailable")));
            row("told of an overload", failing.only(c -> c.fault().equals("upstream_overloaded")));
            IO.println("answered again after %d ms".formatted(recovered.toMillis()));
        }
    }

    private static Predicate<RecordedRequest> asksForDeadModel() {
        return request -> request.bodyText().equals(DEAD_CHAT);
    }

    private static String kindOfError(RawResponse response) {
        return Stream.of("upstream_unavailable", "upstream_overloaded", "gateway_overloaded")
                .filter(code -> response.bodyText().contains(code))
                .findFirst()
                .orElse(response.status() == 200 ? "answered" : "status " + response.status());
    }

    private void vaultTroubles(SteadyLoad load) {
        phase(load, "Vault is well", () -> {}, () -> {});
        phase(load, "its port is closed", proxy::refuse, proxy::heal);
        phase(
                load,
                "it resets connections",
                () -> proxy.toServer(new Toxic.ResetAfter(0)),
                proxy::heal);
        phase(load, "it is silent", () -> proxy.toClient(new Toxic.BlackHole()), proxy::heal);
        phase(load, "it talks rubbish", () -> proxy.toClient(Toxic.rubbish()), proxy::heal);
        phase(load, "it is sealed", production.vault()::seal, production.vault()::unseal);
        phase(load, "Vault is well again", () -> {}, () -> {});
    }

    private void phase(SteadyLoad load, String name, Runnable begin, Runnable end) {
        begin.run();
        var from = load.now();
        pass(load, window);
        var to = load.now();
        end.run();
        row(name, load.calls().between(from, to));
    }

    private void rotate(GatewayProcess gateway, SteadyLoad load) {
        var before = load.now();
        var swaps = new ArrayList<Duration>();
        for (var done = 0;
                done < rotations || load.now().minus(before).compareTo(atLeast) < 0;
                done++) {
            newest++;
            keys.accept(upstream, newest, PAUSE_IN_STREAMS);
            swaps.add(load.now());
            production.write(keys.key(newest), Map.of());
            pass(load, every);
            await("revision " + newest)
                    .atMost(PATIENCE)
                    .until(() -> gateway.metric("gateway_revision_number") == newest);
        }
        var rotating = load.calls().between(before, load.now());
        row(swaps.size() + " rotations: while swapping", rotating.only(c -> isNear(c, swaps)));
        row("between them", rotating.only(call -> !isNear(call, swaps)));
        var from = load.now();
        pass(load, window);
        row("after them", load.calls().between(from, load.now()));
        var spanning =
                rotating.only(c -> c.streamed() && swaps.stream().anyMatch(c::spans)).count();
        IO.println("streams under way when a key was written: " + spanning);
    }

    private static boolean isNear(Call call, List<Duration> swaps) {
        return swaps.stream()
                .anyMatch(swap ->
                        call.due().compareTo(swap) >= 0
                                && call.due().compareTo(swap.plus(SWAP)) < 0);
    }

    /// Lets time pass, and upstream forget what it has seen meanwhile.
    private void pass(SteadyLoad load, Duration time) {
        var until = load.now().plus(time);
        await().atMost(time.plus(PATIENCE))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    count();
                    return load.now().compareTo(until) >= 0;
                });
    }

    private void count() {
        var requests = upstream.takeRequests();
        asked += requests.size();
        strange += requests.stream().filter(request -> !isOurs(request)).count();
    }

    private boolean isOurs(RecordedRequest request) {
        // Only the last few can be: an older one would have been retired wrongly.
        for (var number = newest; number > 0 && number >= newest - 1; number--) {
            if (keys.isIn(request, number)) {
                return true;
            }
        }
        return false;
    }

    private SteadyLoad start(GatewayProcess gateway) {
        return SteadyLoad.on(
                gateway,
                rate,
                NumberedKeys::fault,
                production.post("/v1/chat/completions", "{\"model\":\"m\",\"messages\":[]}"),
                production.post(
                        "/v1/chat/completions",
                        "{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
    }

    private static void row(String name, Calls calls) {
        var json = calls.only(call -> !call.streamed());
        IO.println(
                "%-28s %8d %8d %8.2f %8.2f"
                        .formatted(
                                name,
                                calls.count(),
                                calls.faults().size(),
                                json.quantile(0.5).toNanos() / 1e6,
                                json.quantile(0.99).toNanos() / 1e6));
    }

    private static void printLoad(String when) throws IOException {
        var average = Path.of("/proc/loadavg");
        if (Files.exists(average)) {
            IO.println("Load average " + when + ": " + Files.readString(average).strip());
        }
    }
}
