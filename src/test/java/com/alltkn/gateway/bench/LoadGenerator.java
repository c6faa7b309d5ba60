package com.alltkn.gateway.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Asks as one thread can, and measures. Without a rate each connection asks again as soon as it is
/// answered; with one, requests begin at fixed times, and one that finds no connection free waits
/// for it as part of its latency.
public final class LoadGenerator {

    private static final Duration LONGEST_DRAIN = Duration.ofSeconds(2);

    private final Selector selector = Selector.open();
    private final ByteBuffer input = ByteBuffer.allocateDirect(256 * 1024);
    private final Workload workload;
    private final int port;
    private final byte[] request;
    private final long interval;
    private final ArrayDeque<Connection> idle = new ArrayDeque<>();
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();
    private final List<Connection> connections = new ArrayList<>();

    private final long start = System.nanoTime();
    private long nextRequest = start;
    private long[] latencies = new long[1 << 20];
    private int samples;
    private long requests;
    private long events;
    private long failures;
    private int busy;
    private boolean counting;
    private boolean stopping;

    private LoadGenerator(Workload workload, int port, int rate) throws IOException {
        this.workload = workload;
        this.port = port;
        this.request = workload.request(port);
        this.interval = rate == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / rate;
    }

    /// Reads orders from standard input, one a line, and answers each with a measurement: workload,
    /// port, rate, the milliseconds before the window and those of it, and the ids of the processes
    /// to watch.
    ///
    /// @param arguments none
    /// @throws IOException if nothing can be measured
    public static void main(String[] arguments) throws IOException {
        try (var orders =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            for (var order = orders.readLine(); order != null; order = orders.readLine()) {
                var words = order.split(" ", -1);
                var load =
                        new LoadGenerator(
                                Workload.valueOf(words[0]),
                                Integer.parseInt(words[1]),
                                Integer.parseInt(words[2]));
                var measured =
                        load.run(
                                Duration.ofMillis(Long.parseLong(words[3])),
                                Duration.ofMillis(Long.parseLong(words[4])),
                                Stream.of(words).skip(5).map(Long::valueOf).toList());
                IO.println(measured.line());
            }
        }
    }

    private Measurement run(Duration before, Duration window, List<Long> processes)
            throws IOException {
        var windowStart = start + before.toNanos();
        while (System.nanoTime() < windowStart) {
            turn();
        }
        var cpu = ProcessFigures.cpu(processes);
        windowStart = System.nanoTime();
        counting = true;
        while (System.nanoTime() < windowStart + window.toNanos()) {
            turn();
        }
        counting = false;
        var elapsed = System.nanoTime() - windowStart;
        var used = ProcessFigures.cpu(processes).minus(cpu);
        drain();
        Arrays.sort(latencies, 0, samples);
        return new Measurement(
                requests,
                events,
                failures,
                elapsed / 1e9,
                percentile(0.5),
                percentile(0.99),
                used.toNanos() / 1e3);
    }

    /// Opens connections as time goes by.
    private void connect() throws IOException {
        var wanted = (System.nanoTime() - start) / Workload.STAGGER.toNanos() + 1;
        while (connections.size() < Math.min(wanted, workload.connections())) {
            var connection = new Connection();
            connections.add(connection);
            if (interval == 0) {
                connection.ask(System.nanoTime());
            } else {
                idle.add(connection);
            }
        }
    }

    private void turn() throws IOException {
        if (connections.size() < workload.connections()) {
            connect();
        }
        selector.select(this::ready, 1);
        if (interval == 0) {
            return;
        }
        var now = System.nanoTime();
        for (; nextRequest <= now; nextRequest += interval) {
            waiting.add(now);
        }
        while (!waiting.isEmpty() && !idle.isEmpty()) {
            idle.remove().ask(waiting.remove());
        }
    }

    private void ready(SelectionKey key) {
        var connection = (Connection) key.attachment();
        try {
            if (key.isWritable()) {
                connection.flush();
            }
            if (key.isValid() && key.isReadable()) {
                connection.read();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Lets answers end, so that the next window does not begin with the clearing up of this one.
    private void drain() throws IOException {
        stopping = true;
        var until = System.nanoTime() + LONGEST_DRAIN.toNanos();
        while (busy > 0 && System.nanoTime() < until) {
            selector.select(this::ready, 10);
        }
        for (var connection : connections) {
            connection.channel.close();
        }
        selector.close();
    }

    private void sample(long nanos) {
        if (samples == latencies.length) {
            latencies = Arrays.copyOf(latencies, 2 * samples);
        }
        latencies[samples++] = nanos;
    }

    private double percentile(double share) {
        return samples == 0 ? 0 : latencies[(int) (share * (samples - 1))] / 1e3;
    }

    /// One connection, with one request under way at a time.
    private final class Connection implements AnswerStream.Listener {

        private final AnswerStream answers = new AnswerStream(this);
        private final ByteBuffer output = ByteBuffer.wrap(request);
        private final SocketChannel channel;
        private final SelectionKey key;
        private long askedAt;

        Connection() throws IOException {
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            key = channel.register(selector, SelectionKey.OP_READ, this);
        }

        void ask(long at) throws IOException {
            busy++;
            askedAt = at;
            output.rewind();
            flush();
        }

        void flush() throws IOException {
            channel.write(output);
            key.interestOps(
                    output.hasRemaining()
                            ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
                            : SelectionKey.OP_READ);
        }

        void read() throws IOException {
            input.clear();
            if (channel.read(input) < 0) {
                failures++;
                busy--;
                key.cancel();
                channel.close();
                return;
            }
            input.flip();
            answers.accept(input);
        }

        @Override
        public void event(long sentAt) {
            if (!counting) {
                return;
            }
            events++;
            if (sentAt > 0 && workload.paced()) {
                sample(System.nanoTime() - sentAt);
            }
        }

        @Override
        public void ended(boolean good) {
            busy--;
            var now = System.nanoTime();
            if (!good) {
                failures++;
            } else if (counting) {
                requests++;
                if (!workload.streams()) {
                    sample(now - askedAt);
                }
            }
            if (stopping) {
                return;
            }
            if (interval > 0) {
                idle.add(this);
                return;
            }
            try {
                ask(now);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
