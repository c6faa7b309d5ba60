package com.alltkn.gateway.load.siege;

import com.alltkn.gateway.load.siege.Figures.Quartiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Well-behaved callers on one thread: they ask at fixed times, whatever the answers do, JSON and
/// streams, on connections that they keep and now and then on a new one, and measure from when a
/// request was due. Beside it they ask upstream directly, which tells how the machine itself fares.
public final class HonestCallers {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long PATIENCE = 10 * SECOND;

    /// Every so many requests come on a new connection.
    private static final int NEW_EVERY = 5;

    private static final Pattern CODE = Pattern.compile("\"code\":\"([a-z_]+)\"");

    private enum Kind {
        JSON,
        STREAM,
        DIRECT
    }

    private final Selector selector = Selector.open();
    private final ByteBuffer input = ByteBuffer.allocateDirect(256 * 1024);
    private final InetSocketAddress gateway;
    private final InetSocketAddress upstream;
    private final Map<String, ArrayDeque<Connection>> idle = new HashMap<>();
    private final Set<Connection> busy = new HashSet<>();
    private final Map<Kind, List<Long>> took = new HashMap<>();
    private final List<Long> late = new ArrayList<>();
    private final Map<String, Integer> faults = new TreeMap<>();
    private long number;
    private long answers;
    private long again;

    private HonestCallers(int port, int upstreamPort) throws IOException {
        gateway = new InetSocketAddress("127.0.0.1", port);
        upstream = new InetSocketAddress("127.0.0.1", upstreamPort);
        for (var kind : Kind.values()) {
            took.put(kind, new ArrayList<>());
        }
    }

    /// Reads orders from standard input, one a line, and answers each with figures: the ports of
    /// gateway and upstream, the seconds, and how many requests of JSON and how many streams a
    /// second.
    ///
    /// @param arguments none
    /// @throws IOException if nothing can be measured
    public static void main(String[] arguments) throws IOException {
        try (var orders =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            for (var order = orders.readLine(); order != null; order = orders.readLine()) {
                var numbers = order.split(" ", -1);
                var callers =
                        new HonestCallers(
                                Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
                IO.println(
                        callers.run(
                                        Integer.parseInt(numbers[2]),
                                        Integer.parseInt(numbers[3]),
                                        Integer.parseInt(numbers[4]))
                                .line());
            }
        }
    }

    private Figures run(int seconds, int jsonRate, int streamRate) throws IOException {
        var start = System.nanoTime();
        var end = start + seconds * SECOND;
        var paces =
                List.of(
                        new Pace(Kind.JSON, SECOND / jsonRate, start),
                        new Pace(Kind.STREAM, SECOND / streamRate, start),
                        new Pace(Kind.DIRECT, SECOND / streamRate, start));
        while (System.nanoTime() < end) {
            turn();
            for (var pace : paces) {
                pace.ask();
            }
        }
        while (!busy.isEmpty()) {
            turn();
        }
        for (var key : List.copyOf(selector.keys())) {
            key.channel().close();
        }
        selector.close();
        return new Figures(
                answers,
                faults.values().stream().mapToInt(Integer::intValue).sum(),
                again,
                quartiles(took.get(Kind.JSON)),
                quartiles(took.get(Kind.STREAM)),
                quartiles(took.get(Kind.DIRECT)),
                quartiles(late),
                faults.entrySet().stream()
                        .map(fault -> fault.getKey() + " x " + fault.getValue())
                        .collect(Collectors.joining(", ")));
    }

    private static Quartiles quartiles(@Nullable List<Long> nanos) {
        return Quartiles.of(
                nanos == null ? new long[0] : nanos.stream().mapToLong(Long::longValue).toArray());
    }

    private void turn() throws IOException {
        selector.select(this::ready, 1);
        var tooLate = System.nanoTime() - PATIENCE;
        for (var connection : List.copyOf(busy)) {
            if (connection.request().sentAt < tooLate) {
                connection.fail("no answer in 10 s");
            }
        }
    }

    private void ready(SelectionKey key) {
        var connection = (Connection) key.attachment();
        try {
            if (key.isConnectable()) {
                connection.channel.finishConnect();
                key.interestOps(SelectionKey.OP_WRITE | SelectionKey.OP_READ);
            }
            if (key.isValid() && key.isWritable()) {
                connection.write();
            }
            if (key.isValid() && key.isReadable()) {
                connection.read();
            }
        } catch (IOException e) {
            connection.broke();
        }
    }

    private void send(Request request) {
        var connection = request.isOnNew() ? null : idle(request).pollLast();
        try {
            if (connection == null) {
                connection = new Connection(request);
            } else {
                connection.reuse(request);
            }
        } catch (IOException e) {
            fault("no connection");
        }
    }

    private ArrayDeque<Connection> idle(Request request) {
        return idle.computeIfAbsent(
                request.kind == Kind.DIRECT ? "" : request.caller.name(), _ -> new ArrayDeque<>());
    }

    private void fault(String kind) {
        faults.merge(kind, 1, Integer::sum);
    }

    /// Requests of one kind, one after the other.
    private final class Pace {

        private final Kind kind;
        private final long interval;
        private long next;

        Pace(Kind kind, long interval, long start) {
            this.kind = kind;
            this.interval = interval;
            this.next = start;
        }

        void ask() {
            for (var now = System.nanoTime(); next <= now; next += interval) {
                late.add(now - next);
                var caller = Caller.honest().get((int) (number % Caller.honest().size()));
                send(new Request(kind, caller, number++, next, now));
            }
        }
    }

    /// A request.
    ///
    /// @param due when it was to be sent
    /// @param sentAt when it was
    private record Request(Kind kind, Caller caller, long number, long due, long sentAt) {

        ByteBuffer bytes() {
            var body =
                    "{\"model\":\"m\",%s\"messages\":[{\"role\":\"user\",\"content\":\"#%d\"},{\"role\":\"user\",\"content\":\"%s\"}]}"
                            .formatted(
                                    kind == Kind.STREAM ? "\"stream\":true," : "",
                                    number,
                                    "word ".repeat(150));
            return ByteBuffer.wrap(
                    ("POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer %s\r\n"
                                    + "content-type: application/json\r\ncontent-length: %d\r\n\r\n%s")
                            .formatted(caller.key(), body.length(), body)
                            .getBytes(StandardCharsets.ISO_8859_1));
        }

        boolean isOnNew() {
            return number % NEW_EVERY == 0;
        }

        /// What upstream takes for it.
        long itself() {
            return kind == Kind.STREAM
                    ? Upstream.BETWEEN_EVENTS.multipliedBy(Upstream.EVENTS).toNanos()
                    : 0;
        }

        /// What is wrong with an answer; empty where nothing is.
        String fault(MessageReader answer) {
            var body = answer.body().toString();
            if (answer.status() != 200) {
                var code = CODE.matcher(body);
                return answer.status() + (code.find() ? " " + code.group(1) : "");
            }
            return isWhole(body) ? "" : "another answer";
        }

        private boolean isWhole(String body) {
            if (kind != Kind.STREAM) {
                return body.contains("\"#" + number + " ");
            }
            var events = body.split("\"#" + number + "\"", -1).length - 1;
            return events == Upstream.EVENTS && body.endsWith("data: [DONE]\n\n");
        }
    }

    /// One connection, with one request under way at a time.
    private final class Connection {

        private final SocketChannel channel = SocketChannel.open();
        private final SelectionKey key;
        private final MessageReader answer = new MessageReader();
        private @Nullable Request request;
        private ByteBuffer output;
        private boolean isReused;

        Connection(Request first) throws IOException {
            request = first;
            output = first.bytes();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            key = channel.register(selector, SelectionKey.OP_CONNECT, this);
            channel.connect(first.kind == Kind.DIRECT ? upstream : gateway);
            busy.add(this);
        }

        Request request() {
            var current = request;
            if (current == null) {
                throw new IllegalStateException("nothing is under way");
            }
            return current;
        }

        void reuse(Request next) {
            isReused = true;
            request = next;
            output = next.bytes();
            busy.add(this);
            try {
                write();
            } catch (IOException e) {
                broke();
            }
        }

        void write() throws IOException {
            channel.write(output);
            key.interestOps(
                    output.hasRemaining()
                            ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
                            : SelectionKey.OP_READ);
        }

        void read() throws IOException {
            input.clear();
            if (channel.read(input) < 0) {
                broke();
                return;
            }
            input.flip();
            if (request == null) {
                broke();
            } else if (answer.read(input)) {
                ended();
            }
        }

        void fail(String kind) {
            fault(kind);
            close();
        }

        /// The connection is closed, or does not come about.
        void broke() {
            var lost = request;
            if (lost == null) {
                idle.values().forEach(connections -> connections.remove(this));
                close();
            } else if (isReused && !answer.isWithin()) {
                close();
                again++;
                try {
                    new Connection(lost);
                } catch (IOException e) {
                    fault("no connection");
                }
            } else {
                fail(
                        answer.isWithin()
                                ? "cut"
                                : channel.isConnected()
                                        ? "closed without an answer"
                                        : "no connection");
            }
        }

        private void ended() {
            var done = request();
            var fault = done.fault(answer);
            if (fault.isEmpty()) {
                answers += done.kind == Kind.DIRECT ? 0 : 1;
                took.getOrDefault(done.kind, new ArrayList<>())
                        .add(System.nanoTime() - done.due - done.itself());
            } else {
                fault((done.kind == Kind.DIRECT ? "direct: " : "") + fault);
            }
            busy.remove(this);
            request = null;
            if (done.isOnNew() || answer.isLast()) {
                close();
            } else {
                idle(done).add(this);
            }
        }

        private void close() {
            busy.remove(this);
            key.cancel();
            try {
                channel.close();
            } catch (IOException e) {
                throw new IllegalStateException("a socket does not close", e);
            }
        }
    }
}
