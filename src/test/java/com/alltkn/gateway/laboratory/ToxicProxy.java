package com.alltkn.gateway.laboratory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// A TCP proxy on a port of 127.0.0.1 that can be told to spoil what goes through it, in each
/// direction by itself, and counts connections. It knows nothing of HTTP or TLS, so whoever speaks
/// TLS speaks it with the server behind.
///
/// A change holds from the next piece of bytes on, on connections that are open already, too.
public final class ToxicProxy implements AutoCloseable {

    private static final Toxic NOTHING = new Toxic.Nothing();

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger mostOpen = new AtomicInteger();
    private final int port;
    private volatile ServerSocket listener;
    private volatile int target;
    private volatile Toxic toServer = NOTHING;
    private volatile Toxic toClient = NOTHING;

    private ToxicProxy(int target) throws IOException {
        this.target = target;
        this.listener = listen(0);
        this.port = listener.getLocalPort();
    }

    /// Starts before a port of 127.0.0.1, with nothing toxic.
    public static ToxicProxy before(int target) {
        try {
            return new ToxicProxy(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    /// Sends new connections to another port.
    public void target(int port) {
        target = port;
    }

    /// Spoils what clients send.
    public void toServer(Toxic toxic) {
        toServer = toxic;
    }

    /// Spoils what the server answers.
    public void toClient(Toxic toxic) {
        toClient = toxic;
    }

    /// Closes the port and every connection, as where a process has ended.
    public void refuse() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        dropConnections();
    }

    /// Ends every connection by RST.
    public void dropConnections() {
        links.forEach(Link::reset);
    }

    /// Lets everything pass again, and listens again. What was swallowed does not come back.
    public void heal() {
        toServer = NOTHING;
        toClient = NOTHING;
        if (listener.isClosed()) {
            try {
                listener = listen(port);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Connections accepted so far.
    public int accepted() {
        return accepted.get();
    }

    /// Connections that the client has not closed, and this side neither.
    public int open() {
        return open.get();
    }

    /// The most that were open at once since it was asked last. With HTTP/1.1 a request under way
    /// has a connection of its own, so there were never more requests at once.
    public int takeMostOpen() {
        return mostOpen.getAndSet(open.get());
    }

    @Override
    public void close() {
        refuse();
        threads.shutdownNow();
    }

    private ServerSocket listen(int on) throws IOException {
        var socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), on), 1024);
        threads.execute(() -> accept(socket));
        return socket;
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                var client = from.accept();
                accepted.incrementAndGet();
                mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
                threads.execute(() -> connect(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void connect(Socket client) {
        var link = new Link(client, new Socket());
        links.add(link);
        try {
            client.setTcpNoDelay(true);
            link.server.setTcpNoDelay(true);
            link.server.connect(new InetSocketAddress("127.0.0.1", target));
        } catch (IOException e) {
            // The server is not there, so neither is the connection.
            link.reset();
            return;
        }
        if (listener.isClosed()) {
            link.reset();
            return;
        }
        new Way(link, client, link.server, true).start();
        new Way(link, link.server, client, false).start();
    }

    /// A client's connection and the one to the server that belongs to it.
    private final class Link {

        private final Socket client;
        private final Socket server;
        private final AtomicBoolean ended = new AtomicBoolean();

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void end() {
            if (ended.compareAndSet(false, true)) {
                open.decrementAndGet();
                links.remove(this);
                closeQuietly(client);
                closeQuietly(server);
            }
        }

        void reset() {
            for (var socket : new Socket[] {client, server}) {
                try {
                    socket.setSoLinger(true, 0);
                } catch (IOException e) {
                    // Closed already.
                    continue;
                }
            }
            end();
        }

        private static void closeQuietly(Socket socket) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is of no more use either way.
                return;
            }
        }
    }

    /// One direction. One thread always reads, so that a peer that leaves is noticed at once
    /// however slowly the other writes.
    private final class Way {

        private static final Piece END = new Piece(new byte[0], 0);

        private final BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
        private final Link link;
        private final Socket from;
        private final Socket to;
        private final boolean fromClient;
        private long passed;

        Way(Link link, Socket from, Socket to, boolean fromClient) {
            this.link = link;
            this.from = from;
            this.to = to;
            this.fromClient = fromClient;
        }

        void start() {
            threads.execute(this::read);
            threads.execute(this::write);
        }

        private void read() {
            var buffer = new byte[16 * 1024];
            try {
                var in = from.getInputStream();
                for (var n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    pieces.add(new Piece(Arrays.copyOf(buffer, n), System.nanoTime()));
                }
            } catch (IOException e) {
                // It was reset, which ends it as well.
                link.end();
            }
            if (fromClient) {
                // Nobody wants the answer any more.
                link.end();
            }
            pieces.add(END);
        }

        private void write() {
            try {
                for (var piece = pieces.take(); !piece.isEnd(); piece = pieces.take()) {
                    pass(piece);
                }
            } catch (IOException e) {
                // The other side does not want the rest.
                link.end();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            link.end();
        }

        private void pass(Piece piece) throws IOException, InterruptedException {
            switch (fromClient ? toServer : toClient) {
                case Toxic.Nothing() -> send(piece.bytes, piece.bytes.length);
                case Toxic.Latency(var delay) -> {
                    ScriptedConnection.pauseUntil(piece.readAt + delay.toNanos());
                    send(piece.bytes, piece.bytes.length);
                }
                case Toxic.BlackHole() -> {}
                case Toxic.Drip(var size, var interval) -> {
                    for (var at = 0; at < piece.bytes.length; at += size) {
                        ScriptedConnection.pauseUntil(System.nanoTime() + interval.toNanos());
                        var drop = Arrays.copyOfRange(piece.bytes, at, at + size);
                        send(drop, Math.min(size, piece.bytes.length - at));
                    }
                }
                case Toxic.CutAfter(var bytes) -> {
                    if (sendUpTo(bytes, piece.bytes)) {
                        link.end();
                    }
                }
                case Toxic.ResetAfter(var bytes) -> {
                    if (sendUpTo(bytes, piece.bytes)) {
                        link.reset();
                    }
                }
                case Toxic.Rubbish(var instead) -> send(instead, instead.length);
            }
        }

        /// @return whether that was all that may pass
        private boolean sendUpTo(long limit, byte[] bytes) throws IOException {
            var length = Math.clamp(limit - passed, 0, bytes.length);
            send(bytes, length);
            return passed >= limit;
        }

        private void send(byte[] bytes, int length) throws IOException {
            to.getOutputStream().write(bytes, 0, length);
            to.getOutputStream().flush();
            passed += length;
        }
    }

    private record Piece(byte[] bytes, long readAt) {

        /// No read gives an empty piece.
        boolean isEnd() {
            return bytes.length == 0;
        }
    }
}
