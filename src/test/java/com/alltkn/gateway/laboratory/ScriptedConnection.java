package com.alltkn.gateway.laboratory;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One accepted connection. One thread always reads, so that a peer that leaves is noticed at once;
/// another runs the scripts, one after the other.
final class ScriptedConnection {

    private static final Script LAST = Script.nothing().close();

    private final long id;
    private final Socket raw;
    private final Socket socket;
    private final ScriptedUpstream upstream;
    private final BlockingQueue<Script> scripts = new LinkedBlockingQueue<>();
    private final Gate peerGone = new Gate();
    private final AtomicReference<@Nullable Instant> peerClosedAt = new AtomicReference<>();

    /// How many requests were read whose scripts have not been run to their end.
    private final AtomicInteger unanswered = new AtomicInteger();

    private volatile boolean ended;
    private volatile boolean answering;
    private volatile long idleSince;

    /// @param raw the socket below TLS
    /// @param socket what is read and written: the same, or TLS on it
    ScriptedConnection(long id, Socket raw, Socket socket, ScriptedUpstream upstream) {
        this.id = id;
        this.raw = raw;
        this.socket = socket;
        this.upstream = upstream;
    }

    boolean isOpen() {
        return !ended && peerClosedAt.get() == null;
    }

    /// Whether a script is being run; stays so where the connection ended in the middle of one.
    boolean isAnswering() {
        return answering;
    }

    Optional<Instant> peerClosedAt() {
        return Optional.ofNullable(peerClosedAt.get());
    }

    boolean awaitPeerClosed(Duration limit) throws InterruptedException {
        return peerGone.await(limit);
    }

    /// Closes without a word and without a record of the peer.
    void abandon() {
        ended = true;
        closeQuietly(raw);
    }

    /// Reads requests until the peer leaves.
    void read() {
        try {
            var in = new BufferedInputStream(socket.getInputStream());
            var bytes = new HttpBytes(new Counted(in));
            while (begins(in)) {
                if (!readRequest(bytes)) {
                    break;
                }
                bytes.takeSeen();
            }
            if (ended) {
                return;
            }
        } catch (IOException e) {
            // The peer has left, or this side has closed.
        }
        if (!ended) {
            peerClosedAt.set(Instant.now());
            peerGone.open();
        }
        scripts.add(LAST);
    }

    /// Runs the scripts of the requests that were read.
    void write() {
        try {
            while (!ended) {
                Script script = scripts.take();
                answering = true;
                for (Script.Step step : script.steps()) {
                    run(step);
                }
                idleSince = System.nanoTime();
                unanswered.decrementAndGet();
                answering = false;
            }
        } catch (IOException e) {
            // The peer does not want the rest; the reading side notes when it left.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            ended = peerClosedAt.get() != null;
            closeQuietly(raw);
        }
    }

    /// Waits for the next request, as long as the connection may be idle.
    ///
    /// @return whether it comes, or the peer leaves; if not, the connection has been closed
    private boolean begins(BufferedInputStream in) throws IOException {
        var limit = upstream.idleLimit();
        if (limit == null || idleSince == 0) {
            return true;
        }
        in.mark(1);
        while (true) {
            var idle = unanswered.get() > 0 ? 0 : System.nanoTime() - idleSince;
            var left = limit.toNanos() - idle;
            if (left <= 0) {
                ended = true;
                socket.close();
                scripts.add(LAST);
                return false;
            }
            try {
                socket.setSoTimeout((int) Math.max(1, left / 1_000_000));
                var _ = in.read();
                in.reset();
                socket.setSoTimeout(0);
                return true;
            } catch (SocketTimeoutException silence) {
                // The answer may have ended meanwhile.
                continue;
            }
        }
    }

    private boolean readRequest(HttpBytes bytes) throws IOException {
        String[] line = bytes.line().split(" ", 3);
        List<Header> headers = bytes.headers();
        if (line.length < 3) {
            scripts.add(LAST);
            return false;
        }
        var head = new RecordedRequest(line[0], line[1], headers, new byte[0], id);
        Optional<Script> early = upstream.chooseEarly(head);
        if (early.isPresent()) {
            upstream.record(head);
            unanswered.incrementAndGet();
            scripts.add(early.get());
            readBody(bytes, head);
            return true;
        }
        if (head.header("expect").isPresent()) {
            send("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        var request = new RecordedRequest(line[0], line[1], headers, readBody(bytes, head), id);
        Script script = upstream.choose(request);
        upstream.record(request);
        unanswered.incrementAndGet();
        scripts.add(script);
        return true;
    }

    private static byte[] readBody(HttpBytes bytes, RecordedRequest head) throws IOException {
        var body = new ByteArrayOutputStream();
        Optional<String> length = head.header("content-length");
        if (head.header("transfer-encoding").orElse("").equalsIgnoreCase("chunked")) {
            bytes.chunks(body);
        } else if (length.isPresent()) {
            bytes.bytes(Long.parseLong(length.get()), body);
        }
        return body.toByteArray();
    }

    private void run(Script.Step step) throws IOException, InterruptedException {
        switch (step) {
            case Script.Step.Send(byte[] bytes) -> send(bytes);
            case Script.Step.SendForever(byte[] bytes) -> {
                while (!ended) {
                    send(bytes);
                }
            }
            case Script.Step.Await(Gate gate) -> gate.await();
            case Script.Step.Open(Gate gate) -> gate.open();
            case Script.Step.Pause(Supplier<Duration> time) ->
                    pauseUntil(System.nanoTime() + time.get().toNanos());
            case Script.Step.Run(Runnable action) -> action.run();
            case Script.Step.Hang() -> peerGone.await();
            case Script.Step.Close() -> {
                ended = true;
                socket.close();
            }
            case Script.Step.Cut() -> {
                ended = true;
                raw.close();
            }
            case Script.Step.Reset() -> {
                ended = true;
                raw.setSoLinger(true, 0);
                raw.close();
            }
        }
    }

    private void send(byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(bytes);
        out.flush();
        upstream.sent(bytes.length);
    }

    /// @param end a time of [System#nanoTime()]
    static void pauseUntil(long end) throws InterruptedException {
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is of no more use either way.
        }
    }

    /// Counts what is read for the upstream.
    private final class Counted extends FilterInputStream {

        Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            if (value >= 0) {
                upstream.received(1);
            }
            return value;
        }
    }
}
