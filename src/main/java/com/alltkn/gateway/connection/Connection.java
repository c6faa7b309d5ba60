package com.alltkn.gateway.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.AttributeKey;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// One connection and how far its present request is. For its own event loop, but for what says
/// otherwise.
final class Connection {

    private static final AttributeKey<Connection> KEY =
            AttributeKey.valueOf(Connection.class, "connection");

    /// A refusal is a few hundred bytes; more than some of them need not wait.
    private static final WriteBufferWaterMark OF_STRANGERS =
            new WriteBufferWaterMark(4 * 1024, 8 * 1024);

    /// A change of what waits that is not worth a lock.
    private static final long SMALL = 4 * 1024;

    private final Connections all;
    private final Channel channel;
    private final Object address;

    /// Since when it waits for a request, in nanoseconds; 0 while it does not. Any thread may read
    /// it.
    private final AtomicLong restingSince = new AtomicLong();

    private final Turns turns;
    private final ChannelHandlerContext door;
    private ChannelHandlerContext closingPoint;
    private long headSince;
    private Runnable whenKnown = () -> {};
    private boolean inMessage;
    private boolean answering;
    private boolean isNew = true;
    private long holdsInput;
    private long lastUnsent;
    private long lastProgress;
    private int lastMessage;
    private long movedAt;

    // Written under the lock of Connections.
    private volatile Party party;
    private volatile @Nullable Closing closing;
    private long counted;
    private volatile long stuckSince;

    /// Makes one that has just come.
    ///
    /// @param context of the handler next to the socket
    /// @param address what the peer's share is counted by
    /// @param strangers those who have shown nothing
    Connection(Connections all, ChannelHandlerContext context, Object address, Party strangers) {
        this.all = all;
        this.channel = context.channel();
        this.turns = all.turnsOf(channel);
        this.door = context;
        this.closingPoint = context;
        this.address = address;
        this.party = strangers;
        this.headSince = now();
        channel.attr(KEY).set(this);
        channel.config().setWriteBufferWaterMark(OF_STRANGERS);
    }

    /// @return the connection of a channel; null where it is not watched
    static @Nullable Connection of(Channel channel) {
        return channel.attr(KEY).get();
    }

    Object address() {
        return address;
    }

    Channel channel() {
        return channel;
    }

    /// Says where to begin if it has to be closed: behind what encrypts, but before Vert.x, which
    /// would wait until everything is sent.
    void closeAt(ChannelHandlerContext context) {
        closingPoint = context;
    }

    /// @return whether the next bytes may be decoded: those of a request under way, or of the next
    ///   one if the last is answered and what was written has gone, but for a little
    boolean mayDecode() {
        return inMessage || (!answering && channel.isWritable());
    }

    /// @return whether it is a caller's
    boolean isKnown() {
        return !party.areStrangers();
    }

    /// @return whether it takes its turn at once, for too much waits already and it is a caller's
    boolean mayNotWait() {
        return isKnown() && all.holdMuch();
    }

    /// @return those whose turns it waits for
    Turns.Line line() {
        return party.areStrangers() ? turns.ofStrangers(isNew) : party.line(turns);
    }

    boolean isInMessage() {
        return inMessage;
    }

    /// Tells that bytes came that make no whole head yet.
    void headBegan() {
        if (headSince == 0) {
            headSince = now();
            restingSince.setRelease(0);
        }
    }

    /// Tells that bytes wait for one of the [Turns]: whether they make a whole head shows then.
    void awaitsTurn() {
        restingSince.setRelease(0);
    }

    void requestBegan() {
        headSince = 0;
        inMessage = true;
        answering = true;
        restingSince.setRelease(0);
    }

    void requestEnded() {
        inMessage = false;
        rest();
    }

    /// Tells that the request under way has been answered, and that the next one may come.
    void turnOver() {
        answering = false;
        isNew = false;
        rest();
    }

    private void rest() {
        if (!inMessage && !answering) {
            restingSince.setRelease(now());
        }
    }

    /// Lets as much wait as a caller may.
    void becameKnown() {
        channel.config().setWriteBufferWaterMark(WriteBufferWaterMark.DEFAULT);
        whenKnown.run();
    }

    /// @param then is run when it turns out to be a caller's, who may let more wait
    void whenKnown(Runnable then) {
        whenKnown = then;
    }

    /// Tells how many bytes of requests wait for their turn.
    void holdInput(int bytes) {
        if (holdsInput != bytes) {
            holdsInput = bytes;
            count();
        }
    }

    /// @return how many bytes of further requests may be taken from the socket while one is under
    ///   way: a caller's end is noticed only as long as its bytes are read
    int mostInput() {
        return all.mostInput(party);
    }

    /// Counts what waits on it if that has changed.
    void count() {
        var now = holdsInput + unsent();
        if (now != counted && (now == 0 || Math.abs(now - counted) >= SMALL)) {
            all.count(this, now);
        }
    }

    /// Looks at its clocks.
    void look(long now) {
        var clocks = all.clocks();
        var stranger = party.areStrangers();
        var unsent = unsent();
        if (unsent > 0) {
            if (moves(unsent)) {
                movedAt = now;
                stuckSince = now;
            } else if (now - movedAt >= (stranger ? clocks.stranger() : clocks.unread())) {
                close(Closing.UNREAD);
            }
        } else {
            lastUnsent = 0;
            lastMessage = 0;
            stuckSince = 0;
            var resting = restingSince.getPlain();
            if (headSince != 0) {
                if (now - headSince >= clocks.head()) {
                    close(Closing.HEAD);
                }
            } else if (resting != 0
                    && now - resting >= (stranger ? clocks.stranger() : clocks.keepAlive())) {
                close(Closing.IDLE);
            }
        }
        count();
    }

    private long unsent() {
        var buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }

    /// Whether the peer has taken anything since the last look.
    private boolean moves(long unsent) {
        var buffer = channel.unsafe().outboundBuffer();
        var message = System.identityHashCode(buffer == null ? null : buffer.current());
        var progress = buffer == null ? 0 : buffer.currentProgress();
        var moves = unsent < lastUnsent || message != lastMessage || progress != lastProgress;
        lastUnsent = unsent;
        lastMessage = message;
        lastProgress = progress;
        return moves;
    }

    /// Ends it, whatever waits on it.
    void close(Closing why) {
        if (!all.closes(this, why)) {
            return;
        }
        closeNow(why);
    }

    /// Ends it, for it has been taken out already.
    private void closeNow(Closing why) {
        if (why.isDeaf()) {
            // Else TLS would wait to say goodbye, and the kernel go on offering what nobody takes.
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            var _ = door.close();
        } else {
            var _ = closingPoint.close();
        }
    }

    /// Ends it from another thread; it has been taken out already.
    void closeSoon(Closing why) {
        channel.eventLoop().execute(() -> closeNow(why));
    }

    /// Ends it from another thread if it still waits for a request; it has been taken out already.
    void closeSoonIfResting(Closing why) {
        channel.eventLoop()
                .execute(() -> {
                    // One that has ended meanwhile is told of no more.
                    if (restingSince.getPlain() == 0 && channel.isActive()) {
                        all.stays(this);
                    } else {
                        closeNow(why);
                    }
                });
    }

    /// @return since when it waits for a request, 0 if it does not; for any thread
    long restingSince() {
        return restingSince.getAcquire();
    }

    /// @return since when nothing of its answer was read, 0 if nothing waits; for any thread
    long stuckSince() {
        return stuckSince;
    }

    /// @return why the gateway has closed it; null if it has not; for any thread
    @Nullable Closing closing() {
        return closing;
    }

    /// @return who holds it; for any thread
    Party party() {
        return party;
    }

    // Under the lock of Connections.

    void closing(@Nullable Closing why) {
        closing = why;
    }

    void party(Party next) {
        party = next;
    }

    long counted() {
        return counted;
    }

    void counted(long bytes) {
        counted = bytes;
    }

    /// In nanoseconds, never 0.
    private static long now() {
        return System.nanoTime() | 1;
    }
}
