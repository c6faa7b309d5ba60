package com.alltkn.gateway.connection;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Many connections that mean no good, driven by one thread that waits for none of them. One that
/// the gateway closes is opened anew for a flood.
final class Siege implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ByteBuffer TRASH = ByteBuffer.allocateDirect(64 * 1024);

    private final int port;
    private final List<Attacker> attackers = new ArrayList<>();
    private long sent;

    /// @param from local addresses, taken in turns
    Siege(int port, int connections, String... from) throws IOException {
        this.port = port;
        for (var i = 0; i < connections; i++) {
            attackers.add(new Attacker(from.length == 0 ? "127.0.0.1" : from[i % from.length]));
        }
    }

    /// Sends one request behind another on all connections, and reads nothing, until so many bytes
    /// have been sent since the siege began.
    void flood(String requests, long until) throws IOException {
        var bytes = requests.getBytes(StandardCharsets.US_ASCII);
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (sent < until) {
            var before = sent;
            for (var attacker : attackers) {
                attacker.flood(bytes);
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("only " + sent + " bytes were taken");
            }
            if (sent == before) {
                Thread.onSpinWait();
            }
        }
    }

    long sent() {
        return sent;
    }

    /// Lets each connection do once what it does.
    void act(Manner manner) throws IOException {
        for (var attacker : attackers) {
            attacker.act(manner);
        }
    }

    /// How many connections the gateway has closed.
    int closed() throws IOException {
        var closed = 0;
        for (var attacker : attackers) {
            closed += attacker.isClosed() ? 1 : 0;
        }
        return closed;
    }

    @Override
    public void close() throws IOException {
        for (var attacker : attackers) {
            attacker.channel.close();
        }
    }

    /// What a connection does that is no caller's.
    enum Manner {
        /// One request without a credential, and then nothing.
        IDLE("GET /v1/models HTTP/1.1\r\nhost: h\r\n\r\n", ""),
        /// A head that never ends.
        DRIBBLING("GET /v1/models HTTP/1.1\r\nhost: h\r\nx: ", "x"),
        /// One request without a credential after another.
        ASKING(
                "GET /v1/models HTTP/1.1\r\nhost: h\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nhost: h\r\n\r\n");

        private final String first;
        private final String next;

        Manner(String first, String next) {
            this.first = first;
            this.next = next;
        }
    }

    private final class Attacker {

        private final String from;
        private SocketChannel channel;
        private boolean begun;
        private int at;

        Attacker(String from) throws IOException {
            this.from = from;
            this.channel = open();
        }

        private SocketChannel open() throws IOException {
            var opened = SocketChannel.open();
            opened.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
            opened.bind(new InetSocketAddress(from, 0));
            opened.connect(new InetSocketAddress("127.0.0.1", port));
            opened.configureBlocking(false);
            begun = false;
            at = 0;
            return opened;
        }

        void flood(byte[] bytes) throws IOException {
            try {
                var written = channel.write(ByteBuffer.wrap(bytes, at, bytes.length - at));
                at = (at + written) % bytes.length;
                sent += written;
            } catch (IOException closed) {
                channel.close();
                channel = open();
            }
        }

        void act(Manner manner) throws IOException {
            if (isClosed()) {
                channel.close();
                channel = open();
            }
            var bytes = begun ? manner.next : manner.first;
            begun = true;
            try {
                channel.write(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.US_ASCII)));
            } catch (IOException closed) {
                channel.close();
                channel = open();
            }
        }

        boolean isClosed() throws IOException {
            try {
                var read = channel.read(TRASH.clear());
                while (read > 0) {
                    read = channel.read(TRASH.clear());
                }
                return read < 0;
            } catch (IOException reset) {
                return true;
            }
        }
    }
}
