package com.alltkn.gateway.upstream;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.GatewayError.Clock;
import com.alltkn.gateway.upstream.UpstreamRequest.Body;
import com.alltkn.gateway.upstream.UpstreamRequest.Reuse;
import io.netty.channel.ConnectTimeoutException;
import io.vertx.core.AsyncResult;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.impl.ContextInternal;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One call upstream, on the event loop of the exchange it belongs to. It binds one client, and
/// with that one revision, from its start to its last byte, and tells its listener what arrives
/// until it is over: by its end, by a failure, or because the exchange cancelled it. Over once,
/// over for good: nothing is told after that.
///
/// A connection that had been idle for long and ends within a second after the request was written,
/// without a byte of an answer, was most likely closed before: then the request is sent anew, once,
/// on a new connection, if the listener has it still and says so. That says nothing of upstream.
///
/// Four clocks run, all on one timer, which is set anew only when it went off: until a connection
/// stands, until the first byte of the answer, between two bytes, and in all. While the listener
/// holds the answer back, the third stands still.
public final class Attempt {

    private static final long NEVER = Long.MAX_VALUE;

    /// As long as it may take to hear that a connection had been closed before.
    private static final long ECHO = TimeUnit.SECONDS.toNanos(1);

    private static final CharSequence KEEP_ALIVE = HttpHeaders.createOptimized("keep-alive");

    private final ContextInternal context;
    private final UpstreamClient client;
    private final ConnectionShares.Share share;

    /// Let go once it is sent: a stream may go on for long, and a body may be large.
    private @Nullable UpstreamRequest request;

    private final AttemptClocks clocks;
    private final long totalDeadline;
    private final Listener listener;

    private Phase phase = Phase.CONNECTING;
    private long phaseDeadline;
    private long timer = -1;
    private long timerDue = NEVER;
    private @Nullable UpstreamConnection connection;
    private @Nullable HttpClientRequest sent;
    private long sentAt;
    private boolean connecting;
    private boolean repeated;
    private @Nullable HttpClientResponse answer;
    private boolean bodyUnsent;

    /// Prepares an attempt.
    ///
    /// @param context the event loop's context; every method is called on it
    /// @param client an acquired client; the attempt releases it
    /// @param share of the connections, for the one it uses; the attempt gives it back
    /// @param request what is asked
    /// @param clocks how long it may take
    /// @param startedAt when the exchange began, a [System#nanoTime()]
    /// @param listener who is told
    public Attempt(
            ContextInternal context,
            UpstreamClient client,
            ConnectionShares.Share share,
            UpstreamRequest request,
            AttemptClocks clocks,
            long startedAt,
            Listener listener) {
        this.context = context;
        this.client = client;
        this.share = share;
        this.request = request;
        this.clocks = clocks;
        this.totalDeadline = startedAt + clocks.total().toNanos();
        this.listener = listener;
    }

    /// Asks.
    public void start() {
        var asked = request;
        if (asked == null) {
            throw new IllegalStateException("an attempt starts once");
        }
        request = null;
        connect(asked, asked.reuse());
    }

    /// Tells that a piece of a streamed body has gone out, for a body may take long while it moves.
    public void sending() {
        if (phase == Phase.SENDING) {
            phaseDeadline = System.nanoTime() + clocks.idle().toNanos();
        }
    }

    /// Tells that a streamed body has gone out as a whole: from now on upstream thinks.
    public void sentAll() {
        bodyUnsent = false;
        if (phase == Phase.SENDING) {
            enter(Phase.THINKING, clocks.firstByte().toNanos());
        }
    }

    /// Holds the answer back, for the caller reads slower than upstream writes.
    public void pause() {
        if (phase == Phase.ANSWERING && answer != null) {
            answer.pause();
            phaseDeadline = NEVER;
        }
    }

    /// Lets the answer go on.
    public void resume() {
        if (phase == Phase.ANSWERING && answer != null) {
            phaseDeadline = System.nanoTime() + clocks.idle().toNanos();
            answer.resume();
            schedule();
        }
    }

    /// Ends the attempt and closes its connection, at whatever point it is.
    public void cancel() {
        if (end()) {
            close();
        }
    }

    /// @return whether a connection stood, so that upstream may have seen some of the request
    public boolean reachedUpstream() {
        return sent != null || repeated;
    }

    private void connect(UpstreamRequest asked, Reuse reuse) {
        connecting = true;
        enter(Phase.CONNECTING, clocks.connect().toNanos());
        client.connect(context, reuse).onComplete(made -> connected(made, asked));
    }

    private void connected(AsyncResult<UpstreamConnection> made, UpstreamRequest asked) {
        connecting = false;
        if (phase == Phase.OVER) {
            share.giveBack();
            if (made.succeeded()) {
                made.result().leave();
            }
        } else if (made.failed()) {
            unconnected(made.cause());
        } else {
            var found = made.result();
            connection = found;
            client.begin(found, context, asked).onComplete(begun -> begun(begun, asked.body()));
        }
    }

    private void begun(AsyncResult<HttpClientRequest> begun, Body body) {
        if (phase == Phase.OVER) {
            return;
        }
        if (begun.failed()) {
            unconnected(begun.cause());
            return;
        }
        var sent = begun.result();
        this.sent = sent;
        sentAt = System.nanoTime();
        sent.exceptionHandler(_ -> broken(sent));
        sent.response().onComplete(head -> answered(head, sent));
        switch (body) {
            case Body.Empty() -> {
                enter(Phase.THINKING, clocks.firstByte().toNanos());
                sent.end();
            }
            case Body.Whole(var bytes) -> {
                enter(Phase.THINKING, clocks.firstByte().toNanos());
                sent.end(bytes);
            }
            case Body.Streamed(var length, var feed) -> {
                sent.setChunked(length.isEmpty());
                bodyUnsent = true;
                enter(Phase.SENDING, clocks.idle().toNanos());
                feed.handle(sent);
            }
        }
    }

    private void unconnected(Throwable cause) {
        switch (cause) {
            // The client has a clock of its own for this, and may be the first.
            case ConnectTimeoutException _ -> timedOut(Clock.CONNECT);
            default -> fail(new GatewayError.UpstreamUnreachable(), "connect");
        }
    }

    private void answered(AsyncResult<HttpClientResponse> head, HttpClientRequest to) {
        if (phase == Phase.OVER || !to.equals(sent)) {
            return;
        }
        if (head.failed()) {
            broken(to);
            return;
        }
        answer = head.result();
        answer.exceptionHandler(_ -> broken(to));
        answer.handler(this::received);
        answer.endHandler(_ -> ended());
        if (phase == Phase.SENDING) {
            // An answer to a body that is not yet sent as a whole is a refusal of it.
            enter(Phase.THINKING, clocks.firstByte().toNanos());
        }
        listener.answered(answer);
    }

    private void received(Buffer chunk) {
        switch (phase) {
            case OVER -> {}
            case ANSWERING -> {
                phaseDeadline = System.nanoTime() + clocks.idle().toNanos();
                listener.received(chunk);
            }
            case CONNECTING, SENDING, THINKING -> {
                enter(Phase.ANSWERING, clocks.idle().toNanos());
                listener.received(chunk);
            }
        }
    }

    private void ended() {
        var used = connection;
        var head = answer;
        if (used == null || head == null || !end()) {
            return;
        }
        if (bodyUnsent) {
            // A connection in the middle of a request is of no use to the next one.
            used.close();
        } else {
            used.answered(head.getHeader(KEEP_ALIVE));
        }
        listener.ended();
    }

    private void broken(HttpClientRequest which) {
        if (phase == Phase.OVER || !which.equals(sent)) {
            return;
        }
        if (answer != null) {
            fail(new GatewayError.UpstreamInterrupted(), "cut");
            return;
        }
        var again = wasLost() ? listener.again() : null;
        if (again == null) {
            fail(new GatewayError.UpstreamUnreachable(), "closed_before_answer");
        } else {
            close();
            repeated = true;
            connection = null;
            sent = null;
            connect(again, Reuse.NONE);
        }
    }

    /// Whether the request met a connection that had been closed before.
    private boolean wasLost() {
        return phase == Phase.THINKING
                && connection != null
                && connection.wasStale()
                && System.nanoTime() - sentAt <= ECHO;
    }

    private void fail(GatewayError error, String failure) {
        if (end()) {
            close();
            listener.failed(error, failure);
        }
    }

    private boolean end() {
        if (phase == Phase.OVER) {
            return false;
        }
        if (!connecting) {
            // Else when it is known what became of the connection.
            share.giveBack();
        }
        phase = Phase.OVER;
        if (timer >= 0) {
            vertx().cancelTimer(timer);
        }
        client.release();
        return true;
    }

    private void close() {
        if (connection != null) {
            connection.close();
        }
    }

    private void enter(Phase next, long nanos) {
        phase = next;
        phaseDeadline = System.nanoTime() + nanos;
        schedule();
    }

    /// Makes sure that the timer goes off at the next deadline or before it.
    private void schedule() {
        var due = Math.min(phaseDeadline, totalDeadline);
        if (timer >= 0) {
            if (timerDue <= due) {
                return;
            }
            vertx().cancelTimer(timer);
        }
        timerDue = due;
        var wait = TimeUnit.NANOSECONDS.toMillis(due - System.nanoTime()) + 1;
        timer = vertx().setTimer(Math.max(1, wait), _ -> wentOff());
    }

    private void wentOff() {
        timer = -1;
        var now = System.nanoTime();
        if (now >= totalDeadline) {
            timedOut(Clock.TOTAL);
        } else if (now >= phaseDeadline) {
            switch (phase) {
                case CONNECTING -> timedOut(Clock.CONNECT);
                case SENDING -> bodyStalled();
                case THINKING -> timedOut(Clock.FIRST_BYTE);
                case ANSWERING -> timedOut(Clock.IDLE);
                case OVER -> {}
            }
        } else {
            schedule();
        }
    }

    /// Either of the two may have stopped: a full queue says that it was upstream.
    private void bodyStalled() {
        if (sent != null && sent.writeQueueFull()) {
            timedOut(Clock.IDLE);
        } else {
            fail(new GatewayError.BodyTooSlow(), "body_stalled");
        }
    }

    private void timedOut(Clock clock) {
        fail(new GatewayError.UpstreamTimeout(clock), "timeout_" + clock.word());
    }

    private Vertx vertx() {
        return context.owner();
    }

    private enum Phase {
        CONNECTING,
        SENDING,
        THINKING,
        ANSWERING,
        OVER
    }

    /// Is told what becomes of an attempt, on the event loop.
    public interface Listener {

        /// An idle connection took the request, and nothing came of it. It may be sent anew.
        ///
        /// @return the request; null if it may not, or is not at hand any more
        @Nullable UpstreamRequest again();

        /// The head of the answer is here.
        ///
        /// @param head status and headers; its body comes through the other methods
        void answered(HttpClientResponse head);

        /// A piece of the answer is here.
        ///
        /// @param chunk bytes as upstream framed them
        void received(Buffer chunk);

        /// The answer is whole.
        void ended();

        /// The attempt failed, before or within the answer; its connection is closed.
        ///
        /// @param error what the caller is told
        /// @param failure a word from a closed list for record and log
        void failed(GatewayError error, String failure);
    }
}
