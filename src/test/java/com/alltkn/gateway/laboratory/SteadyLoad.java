package com.alltkn.gateway.laboratory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Callers that send the same few requests in turn at a steady rate, whatever the answers do, on
/// connections they keep. A call's time counts from when it was due, so that a gateway that stands
/// still cannot hide it.
public final class SteadyLoad implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final GatewayProcess gateway;
    private final LongSupplier gaps;
    private final Function<RawResponse, String> judge;
    private final List<String> requests;
    private final long start = System.nanoTime();
    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final Queue<RawHttp> idle = new ConcurrentLinkedQueue<>();
    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final Thread pacer = Thread.ofPlatform().daemon().unstarted(this::pace);
    private volatile boolean stopped;

    private SteadyLoad(
            GatewayProcess gateway,
            LongSupplier gaps,
            Function<RawResponse, String> judge,
            List<String> requests) {
        this.gateway = gateway;
        this.gaps = gaps;
        this.judge = judge;
        this.requests = requests;
    }

    /// Begins.
    ///
    /// @param perSecond how many requests, of all kinds together
    /// @param judge what is wrong with an answer; empty where nothing is
    /// @param requests sent in turn
    public static SteadyLoad on(
            GatewayProcess gateway,
            int perSecond,
            Function<RawResponse, String> judge,
            String... requests) {
        var gap = interval(perSecond);
        return begin(new SteadyLoad(gateway, () -> gap, judge, List.of(requests)));
    }

    /// Begins, with requests that come at random, as those of many do who know nothing of each
    /// other: a Poisson process with that mean rate.
    ///
    /// @param perSecond how many requests, of all kinds together
    /// @param judge what is wrong with an answer; empty where nothing is
    /// @param requests sent in turn
    public static SteadyLoad atRandom(
            GatewayProcess gateway,
            int perSecond,
            Function<RawResponse, String> judge,
            String... requests) {
        var mean = interval(perSecond);
        LongSupplier gaps = () -> (long) (mean * ThreadLocalRandom.current().nextExponential());
        return begin(new SteadyLoad(gateway, gaps, judge, List.of(requests)));
    }

    private static SteadyLoad begin(SteadyLoad load) {
        load.pacer.start();
        return load;
    }

    private static long interval(int perSecond) {
        return Duration.ofSeconds(1).dividedBy(perSecond).toNanos();
    }

    /// The time since the load began.
    public Duration now() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /// What has been answered so far.
    public Calls calls() {
        return new Calls(List.copyOf(calls));
    }

    /// Lets the requests under way end, and no more begin.
    public Calls stop() {
        stopped = true;
        try {
            pacer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        callers.close();
        for (var connection = idle.poll(); connection != null; connection = idle.poll()) {
            closeQuietly(connection);
        }
        return calls();
    }

    @Override
    public void close() {
        stop();
    }

    private void pace() {
        try {
            var next = start;
            for (var i = 0L; !stopped; i++) {
                var due = next;
                ScriptedConnection.pauseUntil(due);
                var request = requests.get((int) (i % requests.size()));
                callers.execute(() -> call(request, due));
                next += gaps.getAsLong();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void call(String request, long due) {
        RawHttp connection = null;
        try {
            connection = idle.poll();
            if (connection == null) {
                connection = gateway.connect();
            }
            var response = connection.send(request).read(PATIENCE);
            note(due, response, judge.apply(response));
            if (response.closed() || isLast(response)) {
                closeQuietly(connection);
            } else {
                idle.add(connection);
            }
        } catch (IOException e) {
            note(due, null, e.toString());
            closeQuietly(connection);
        }
    }

    private void note(long due, @Nullable RawResponse response, String fault) {
        calls.add(
                new Call(
                        Duration.ofNanos(due - start),
                        Duration.ofNanos(System.nanoTime() - due),
                        response != null && isStream(response),
                        response == null ? "" : response.header("x-gateway-revision").orElse(""),
                        fault));
    }

    private static boolean isStream(RawResponse response) {
        return response.header("content-type").orElse("").startsWith("text/event-stream");
    }

    private static boolean isLast(RawResponse response) {
        return response.header("connection").orElse("").equalsIgnoreCase("close");
    }

    private static void closeQuietly(@Nullable RawHttp connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// One request and what came of it.
    ///
    /// @param due when it was sent, as [SteadyLoad#now()]
    /// @param took until its answer was whole
    /// @param streamed whether the answer is a stream
    /// @param revision as the answer names it; empty where it does not
    /// @param fault what is wrong with it; empty where nothing is
    public record Call(
            Duration due, Duration took, boolean streamed, String revision, String fault) {

        /// Whether it was under way at that time.
        public boolean spans(Duration time) {
            return due.compareTo(time) < 0 && due.plus(took).compareTo(time) > 0;
        }
    }

    /// Calls that have ended.
    public record Calls(List<Call> all) {

        /// What is wrong with those that are not as they should be.
        public List<String> faults() {
            return all.stream().map(Call::fault).filter(fault -> !fault.isEmpty()).toList();
        }

        public int count() {
            return all.size();
        }

        public Calls only(Predicate<Call> those) {
            return new Calls(all.stream().filter(those).toList());
        }

        /// Those that were due in a span of time.
        public Calls between(Duration from, Duration to) {
            return only(call -> call.due.compareTo(from) >= 0 && call.due.compareTo(to) < 0);
        }

        /// The time that a share of them, such as 0.99, took at most; zero where there are none.
        public Duration quantile(double share) {
            var times = all.stream().mapToLong(call -> call.took.toNanos()).toArray();
            Arrays.sort(times);
            return times.length == 0
                    ? Duration.ZERO
                    : Duration.ofNanos(times[(int) Math.round(share * (times.length - 1))]);
        }
    }
}
