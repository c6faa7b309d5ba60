package com.alltkn.gateway.load.siege;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An upstream on one thread that answers honestly, repeating the number in the question, unless
/// the model asked for says otherwise.
public final class Upstream {

    /// How many events an honest stream has, and the time between them.
    static final int EVENTS = 5;

    static final Duration BETWEEN_EVENTS = Duration.ofMillis(20);

    private static final Duration TRICKLE = Duration.ofSeconds(1);
    private static final long ENDLESS_BYTES_PER_SECOND = 32L * 1024 * 1024;
    private static final Pattern QUESTION = Pattern.compile("\"content\":\"(#\\d+)\"");
    private static final byte[] STREAM_HEAD =
            Manners.bytes(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
                            + "transfer-encoding: chunked\r\n\r\n");
    private static final byte[] STREAM_END =
            Manners.bytes(
                    Manners.chunk(
                                    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,"
                                            + "\"completion_tokens\":5,\"total_tokens\":10}}\n\n"
                                            + "data: [DONE]\n\n")
                            + "0\r\n\r\n");

    private final Selector selector = Selector.open();
    private final ByteBuffer input = ByteBuffer.allocateDirect(256 * 1024);
    private final Allowance endless = new Allowance(ENDLESS_BYTES_PER_SECOND);
    private final Map<Manners, byte[]> more = new EnumMap<>(Manners.class);
    private final PriorityQueue<Connection> due =
            new PriorityQueue<>((one, other) -> Long.compare(one.nextEvent, other.nextEvent));

    private Upstream() throws IOException {
        for (var manners : Manners.values()) {
            if (manners.isEndless()) {
                more.put(manners, manners.more());
            }
        }
    }

    /// Serves until it is killed; says its port on the first line.
    ///
    /// @param arguments none
    /// @throws IOException if no port can be had
    public static void main(String[] arguments) throws IOException {
        var server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress("127.0.0.1", 0), 4096);
        IO.println(server.socket().getLocalPort());
        new Upstream().serve(server);
    }

    private void serve(ServerSocketChannel server) throws IOException {
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        while (true) {
            selector.select(this::ready, 1);
            if (!endless.isLeft()) {
                // Else those that could be written to would turn the selector round and round.
                LockSupport.parkNanos(500_000);
            }
            var now = System.nanoTime();
            endless.refill(now);
            for (var next = due.peek(); next != null && next.nextEvent <= now; next = due.peek()) {
                due.remove();
                next.sendEvent();
            }
        }
    }

    private void ready(SelectionKey key) {
        if (key.isAcceptable()) {
            accept((ServerSocketChannel) key.channel());
            return;
        }
        var connection = (Connection) key.attachment();
        try {
            if (key.isReadable()) {
                connection.read();
            }
            if (key.isValid() && key.isWritable()) {
                connection.flush();
            }
        } catch (IOException e) {
            connection.close();
        }
    }

    private void accept(ServerSocketChannel server) {
        try {
            for (var channel = server.accept(); channel != null; channel = server.accept()) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                var key = channel.register(selector, SelectionKey.OP_READ);
                key.attach(new Connection(channel, key));
            }
        } catch (IOException e) {
            throw new IllegalStateException("no connection can be accepted", e);
        }
    }

    private static byte[] completion(String answer) {
        var body =
                """
                {"id":"c","object":"chat.completion","created":1767225600,"model":"m","choices":[{"index":0,\
                "message":{"role":"assistant","content":"%s %s"},"finish_reason":"stop"}],\
                "usage":{"prompt_tokens":5,"completion_tokens":5,"total_tokens":10}}\
                """
                        .formatted(answer, "word ".repeat(150));
        return Manners.bytes(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                        .formatted(body.length(), body));
    }

    private static byte[] event(String answer) {
        return Manners.bytes(
                Manners.chunk(
                        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\","
                                + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                                + answer
                                + "\"}}]}\n\n"));
    }

    /// One connection, which serves one request after the other.
    private final class Connection {

        private final SocketChannel channel;
        private final SelectionKey key;
        private final MessageReader request = new MessageReader();
        private final ArrayDeque<ByteBuffer> unsent = new ArrayDeque<>();
        private String answer = "";
        private int eventsLeft;
        private long pause;
        private long nextEvent;
        private byte @Nullable [] endlessly;

        Connection(SocketChannel channel, SelectionKey key) {
            this.channel = channel;
            this.key = key;
        }

        void read() throws IOException {
            input.clear();
            if (channel.read(input) < 0) {
                close();
                return;
            }
            input.flip();
            while (input.hasRemaining()) {
                if (request.read(input)) {
                    reply();
                }
            }
        }

        void flush() throws IOException {
            for (var first = unsent.peek(); first != null; first = unsent.peek()) {
                channel.write(first);
                if (first.hasRemaining()) {
                    break;
                }
                unsent.remove();
            }
            var unit = endlessly;
            if (unsent.isEmpty() && unit != null && endless.isLeft()) {
                endless.take(unit.length);
                unsent.add(ByteBuffer.wrap(unit));
            }
            key.interestOps(
                    unsent.isEmpty() && unit == null
                            ? SelectionKey.OP_READ
                            : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }

        void sendEvent() {
            try {
                eventsLeft--;
                if (eventsLeft == 0) {
                    send(STREAM_END);
                    return;
                }
                send(event(answer));
                nextEvent += pause;
                due.add(this);
            } catch (IOException e) {
                close();
            }
        }

        void close() {
            due.remove(this);
            key.cancel();
            try {
                channel.close();
            } catch (IOException e) {
                throw new IllegalStateException("a socket does not close", e);
            }
        }

        private void reply() throws IOException {
            var manners = Manners.askedFor(request.body());
            var question = QUESTION.matcher(request.body());
            answer = question.find() ? question.group(1) : "none";
            var streamed = request.body().toString().contains("\"stream\":true");
            switch (manners) {
                case HONEST -> {
                    if (streamed) {
                        pace(EVENTS + 1, BETWEEN_EVENTS);
                    } else {
                        send(completion(answer));
                    }
                }
                case TRICKLE -> pace(Integer.MAX_VALUE, TRICKLE);
                case FLOOD,
                        ENDLESS_EVENT,
                        ENDLESS_LINE,
                        ENDLESS_JSON,
                        ENDLESS_ERROR,
                        ENDLESS_HEADER,
                        ENDLESS_HEADERS -> {
                    endlessly = more.get(manners);
                    send(manners.start());
                }
            }
        }

        private void pace(int events, Duration between) throws IOException {
            send(STREAM_HEAD);
            eventsLeft = events;
            pause = between.toNanos();
            nextEvent = System.nanoTime();
            due.add(this);
        }

        private void send(byte[] bytes) throws IOException {
            unsent.add(ByteBuffer.wrap(bytes));
            flush();
        }
    }
}
