package com.alltkn.gateway.load.siege;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Carries out one attack on one thread, until it is killed, and says each second what it did.
public final class Attacker {

    /// Who does not read has no need of a large buffer for it.
    private static final int SMALL_BUFFER = 4096;

    private static final long READ_EVERY = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long BEFORE_RESET = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int READS_PER_SECOND = 10;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Selector selector = Selector.open();
    private final ByteBuffer input = ByteBuffer.allocateDirect(256 * 1024);
    private final InetSocketAddress gateway;
    private final Allowance bytes;
    private final List<Band> bands = new ArrayList<>();
    private final PriorityQueue<Due> due =
            new PriorityQueue<>((one, other) -> Long.compare(one.at, other.at));

    private long sent;
    private long opened;
    private long closed;
    private long received;
    private long answers;

    private Attacker(int port, Attack attack, double pace) throws IOException {
        gateway = new InetSocketAddress("127.0.0.1", port);
        bytes = new Allowance(attack.bytesPerSecond() * pace);
        for (var flow : attack.flows()) {
            bands.add(new Band(flow, pace));
        }
    }

    /// Attacks.
    ///
    /// @param arguments the gateway's port, the name of the attack, and how much of its pace
    /// @throws IOException if it has no means
    public static void main(String[] arguments) throws IOException {
        new Attacker(
                        Integer.parseInt(arguments[0]),
                        Attacks.named(arguments[1]),
                        Double.parseDouble(arguments[2]))
                .run();
    }

    private void run() throws IOException {
        var nextReport = System.nanoTime();
        while (true) {
            var now = System.nanoTime();
            if (now >= nextReport) {
                IO.println(new Effort(sent, received, opened, closed, answers).line());
                nextReport += SECOND;
            }
            bytes.refill(now);
            for (var band : bands) {
                band.open(now);
            }
            for (var next = due.peek(); next != null && next.at <= now; next = due.peek()) {
                due.remove();
                next.connection.resume(next.step);
            }
            selector.select(this::ready, 1);
            if (!bytes.isLeft()) {
                // Else those that could be written to would turn the selector round and round.
                LockSupport.parkNanos(500_000);
            }
        }
    }

    private void ready(SelectionKey key) {
        var connection = (Connection) key.attachment();
        try {
            if (key.isConnectable()) {
                connection.channel.finishConnect();
                connection.isConnected();
            }
            if (key.isValid() && key.isReadable()) {
                connection.read();
            }
            if (key.isValid() && key.isWritable()) {
                connection.write();
            }
        } catch (IOException e) {
            connection.gone();
        }
    }

    /// The connections of one flow.
    private final class Band {

        private final Flow flow;
        private final Allowance opens;
        private int open;

        Band(Flow flow, double pace) {
            this.flow = flow;
            this.opens = new Allowance(flow.opensPerSecond() * pace);
        }

        void open(long now) throws IOException {
            opens.refill(now);
            while (open < flow.connections() && opens.isLeft()) {
                opens.take(1);
                open++;
                opened++;
                new Connection(this);
            }
        }
    }

    private enum Step {
        READ,
        WRITE,
        RESET
    }

    /// What a connection does next, and when.
    private record Due(long at, Connection connection, Step step) {}

    /// One connection.
    private final class Connection {

        private final Band band;
        private final Flow flow;
        private final SocketChannel channel = SocketChannel.open();
        private final SelectionKey key;
        private final MessageReader answer = new MessageReader();
        private Payload.Cursor payload;
        private boolean allSent;
        private boolean answered;
        private boolean gone;

        Connection(Band band) throws IOException {
            this.band = band;
            this.flow = band.flow;
            this.payload = new Payload.Cursor(flow.payload());
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (!readsAsItComes()) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, SMALL_BUFFER);
            }
            key = channel.register(selector, SelectionKey.OP_CONNECT, this);
            channel.connect(gateway);
        }

        void isConnected() {
            key.interestOps(SelectionKey.OP_WRITE | reading());
            if (flow.readsPerSecond() > 0 && !readsAsItComes()) {
                later(READ_EVERY, Step.READ);
            }
        }

        void write() throws IOException {
            var left = flow.piece();
            while (left > 0 && bytes.isLeft()) {
                var next = payload.next();
                if (!next.hasRemaining()) {
                    allSent();
                    return;
                }
                var limit = next.limit();
                next.limit(next.position() + Math.min(left, next.remaining()));
                var wanted = next.remaining();
                var written = channel.write(next);
                next.limit(limit);
                sent += written;
                bytes.take(written);
                left -= written;
                if (written < wanted) {
                    return;
                }
            }
            if (left <= 0 && flow.pause().isPositive()) {
                key.interestOps(reading());
                later(flow.pause().toNanos(), Step.WRITE);
            }
        }

        void read() throws IOException {
            input.clear();
            if (!readsAsItComes()) {
                input.limit(
                        Math.min(
                                input.capacity(),
                                Math.max(1, flow.readsPerSecond() / READS_PER_SECOND)));
            }
            if (channel.read(input) < 0) {
                gone();
                return;
            }
            input.flip();
            received += input.remaining();
            while (input.hasRemaining()) {
                if (answer.read(input)) {
                    answers++;
                    answered = true;
                    beginAgain();
                }
            }
        }

        void resume(Step step) {
            if (gone) {
                return;
            }
            try {
                switch (step) {
                    case READ -> {
                        read();
                        later(READ_EVERY, Step.READ);
                    }
                    case WRITE -> key.interestOps(SelectionKey.OP_WRITE | reading());
                    case RESET -> {
                        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                        gone();
                    }
                }
            } catch (IOException e) {
                gone();
            }
        }

        void gone() {
            if (gone) {
                return;
            }
            gone = true;
            closed++;
            band.open--;
            key.cancel();
            try {
                channel.close();
            } catch (IOException e) {
                throw new IllegalStateException("a socket does not close", e);
            }
        }

        private void allSent() {
            key.interestOps(reading());
            allSent = true;
            if (flow.then() == Flow.Then.RESET) {
                // Not at once, or the gateway's kernel would drop what it has not read yet.
                later(BEFORE_RESET, Step.RESET);
            }
            beginAgain();
        }

        private void beginAgain() {
            if (flow.then() == Flow.Then.AGAIN && allSent && answered) {
                allSent = false;
                answered = false;
                payload = new Payload.Cursor(flow.payload());
                key.interestOps(SelectionKey.OP_WRITE | reading());
            }
        }

        private void later(long nanos, Step step) {
            due.add(new Due(System.nanoTime() + nanos, this, step));
        }

        private boolean readsAsItComes() {
            return flow.readsPerSecond() == Integer.MAX_VALUE;
        }

        private int reading() {
            return readsAsItComes() ? SelectionKey.OP_READ : 0;
        }
    }

    /// What an attacker did so far.
    ///
    /// @param sent bytes
    /// @param received bytes
    /// @param opened connections
    /// @param closed those of them that are closed again, by either side
    /// @param answers that it read
    record Effort(long sent, long received, long opened, long closed, long answers) {

        static final Effort NONE = new Effort(0, 0, 0, 0, 0);

        static Effort parse(String line) {
            var numbers = line.split(" ", -1);
            return new Effort(
                    Long.parseLong(numbers[0]),
                    Long.parseLong(numbers[1]),
                    Long.parseLong(numbers[2]),
                    Long.parseLong(numbers[3]),
                    Long.parseLong(numbers[4]));
        }

        String line() {
            return sent + " " + received + " " + opened + " " + closed + " " + answers;
        }
    }
}
