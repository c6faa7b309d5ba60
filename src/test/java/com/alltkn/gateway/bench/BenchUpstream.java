package com.alltkn.gateway.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// An upstream that costs as little as it can: one thread, answers made beforehand. Each event goes
/// out in a write of its own and carries the time of it.
public final class BenchUpstream {

    private static final String EVENT_START =
            "data: {\"id\":\"chatcmpl-bench\",\"system_fingerprint\":\"fp_";

    /// For a request that names no length: the gateway's own prompt.
    private static final int SMALLEST_ANSWER = 1024;

    private static final int DIGITS = 19;

    /// Where in an event the time stands that it was sent at.
    static final int SENT_AT_FROM = EVENT_START.length();

    static final int SENT_AT_TO = SENT_AT_FROM + DIGITS;

    private static final byte[] EVENT =
            ascii(
                    EVENT_START
                            + "0".repeat(DIGITS)
                            + "\",\"object\":\"chat.completion.chunk\",\"created\":1767225600,"
                            + "\"model\":\"deepseek-chat\",\"choices\":[{\"index\":0,\"delta\":"
                            + "{\"content\":\" word\"},\"finish_reason\":null}]}\n\n");
    private static final byte[] LAST =
            ascii(
                    "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\","
                            + "\"model\":\"deepseek-chat\",\"choices\":[],\"usage\":{"
                            + "\"prompt_tokens\":20,\"completion_tokens\":200,"
                            + "\"total_tokens\":220}}\n\ndata: [DONE]\n\n");
    private static final byte[] STREAM_HEAD =
            ascii(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: up-1\r\n"
                            + "x-accel-buffering: no\r\ntransfer-encoding: chunked\r\n\r\n");
    private static final byte[] END = ascii("0\r\n\r\n");

    private final Selector selector = Selector.open();
    private final ByteBuffer input = ByteBuffer.allocateDirect(256 * 1024);
    private final PriorityQueue<Connection> due =
            new PriorityQueue<>((one, other) -> Long.compare(one.nextEvent, other.nextEvent));

    private BenchUpstream() throws IOException {}

    /// Serves until it is killed; says its port on the first line.
    ///
    /// @param arguments none
    /// @throws IOException if no port can be had
    public static void main(String[] arguments) throws IOException {
        var server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress("127.0.0.1", 0), 4096);
        IO.println(server.socket().getLocalPort());
        new BenchUpstream().serve(server);
    }

    private void serve(ServerSocketChannel server) throws IOException {
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        while (true) {
            var first = due.peek();
            if (first == null) {
                selector.select(this::ready);
            } else {
                var wait = TimeUnit.NANOSECONDS.toMillis(first.nextEvent - System.nanoTime());
                selector.select(this::ready, Math.max(1, wait));
            }
            sendDue();
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
            var channel = server.accept();
            if (channel != null) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                var key = channel.register(selector, SelectionKey.OP_READ);
                key.attach(new Connection(channel, key));
            }
        } catch (IOException e) {
            throw new IllegalStateException("no connection can be accepted", e);
        }
    }

    private void sendDue() {
        var now = System.nanoTime();
        for (var next = due.peek(); next != null && next.nextEvent <= now; next = due.peek()) {
            due.remove();
            try {
                next.sendEvent();
            } catch (IOException e) {
                next.close();
            }
        }
    }

    private static byte[] answer(int length) {
        var body =
                Workload.filled(
                        "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\","
                                + "\"created\":1767225600,\"model\":\"deepseek-chat\",\"choices\":["
                                + "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"",
                        "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":20,"
                                + "\"completion_tokens\":200,\"total_tokens\":220}}",
                        length);
        var head =
                ascii(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: up-1"
                                + "\r\nopenai-processing-ms: 1\r\ncontent-length: "
                                + body.length
                                + "\r\n\r\n");
        var whole = new byte[head.length + body.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(body, 0, whole, head.length, body.length);
        return whole;
    }

    private static byte[] chunk(byte[] data) {
        var size = ascii(Integer.toHexString(data.length) + "\r\n");
        var chunk = new byte[size.length + data.length + 2];
        System.arraycopy(size, 0, chunk, 0, size.length);
        System.arraycopy(data, 0, chunk, size.length, data.length);
        chunk[chunk.length - 2] = '\r';
        chunk[chunk.length - 1] = '\n';
        return chunk;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /// One connection, which serves one request after the other.
    private final class Connection {

        private static final byte[] EVENT_CHUNK = chunk(EVENT);
        private static final byte[] LAST_CHUNK = chunk(LAST);
        private static final int SENT_AT_IN_CHUNK = EVENT_CHUNK.length - 2 - EVENT.length;

        private final SocketChannel channel;
        private final SelectionKey key;
        private final MessageHead head = new MessageHead();

        private boolean inBody;
        private long bodyLeft;
        private int answerLength;
        private byte @Nullable [] answer;
        private int events;
        private long pause;
        private long nextEvent;
        private @Nullable ByteBuffer unsent;

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
                if (!inBody) {
                    if (!head.take(input)) {
                        return;
                    }
                    begin(head.finish());
                }
                var taken = (int) Math.min(bodyLeft, input.remaining());
                input.position(input.position() + taken);
                bodyLeft -= taken;
                if (bodyLeft == 0) {
                    inBody = false;
                    reply();
                }
            }
        }

        void flush() throws IOException {
            var rest = unsent;
            if (rest == null) {
                key.interestOps(SelectionKey.OP_READ);
                return;
            }
            channel.write(rest);
            if (!rest.hasRemaining()) {
                unsent = null;
                key.interestOps(SelectionKey.OP_READ);
                sendAllAtOnce();
            }
        }

        void sendEvent() throws IOException {
            nextEvent += pause;
            if (events > 0) {
                events--;
                send(event());
                due.add(this);
            } else {
                send(LAST_CHUNK);
                send(END);
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

        private void begin(String text) {
            inBody = true;
            bodyLeft = MessageHead.number(text, "\r\ncontent-length: ", 0);
            events = (int) MessageHead.number(text, "events=", 0);
            pause = TimeUnit.MILLISECONDS.toNanos(MessageHead.number(text, "pause=", 0));
            var length = (int) MessageHead.number(text, "answer=", SMALLEST_ANSWER);
            if (answer == null || answerLength != length) {
                answerLength = length;
                answer = events == 0 ? answer(length) : null;
            }
        }

        private void reply() throws IOException {
            if (answer != null) {
                send(answer);
                return;
            }
            send(STREAM_HEAD);
            if (pause == 0) {
                sendAllAtOnce();
                return;
            }
            nextEvent = System.nanoTime() + ThreadLocalRandom.current().nextLong(pause);
            due.add(this);
        }

        private void sendAllAtOnce() throws IOException {
            if (pause > 0 || answer != null) {
                return;
            }
            while (events > 0 && unsent == null) {
                events--;
                send(event());
            }
            if (events == 0 && unsent == null) {
                events = -1;
                send(LAST_CHUNK);
                send(END);
            }
        }

        private byte[] event() {
            var chunk = EVENT_CHUNK.clone();
            var now = System.nanoTime();
            for (var i = SENT_AT_TO - 1; i >= SENT_AT_FROM; i--) {
                chunk[SENT_AT_IN_CHUNK + i] = (byte) ('0' + now % 10);
                now /= 10;
            }
            return chunk;
        }

        private void send(byte[] bytes) throws IOException {
            var rest = unsent;
            if (rest != null) {
                unsent =
                        ByteBuffer.allocate(rest.remaining() + bytes.length)
                                .put(rest)
                                .put(bytes)
                                .flip();
                return;
            }
            var buffer = ByteBuffer.wrap(bytes);
            channel.write(buffer);
            if (buffer.hasRemaining()) {
                unsent = buffer;
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            }
        }
    }
}
