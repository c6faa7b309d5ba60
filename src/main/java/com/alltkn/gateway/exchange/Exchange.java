package com.alltkn.gateway.exchange;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.Exchanges.Closing;
import com.alltkn.gateway.exchange.Settlement.Ending;
import com.alltkn.gateway.exchange.answer.AnswerHead;
import com.alltkn.gateway.exchange.answer.CallerConnection;
import com.alltkn.gateway.exchange.answer.Relay;
import com.alltkn.gateway.exchange.attempt.Attempts;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.exchange.step.Refusal;
import com.alltkn.gateway.exchange.step.Steps;
import com.alltkn.gateway.exchange.step.Turn;
import io.vertx.core.MultiMap;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One request of a caller, from its arrival to its settlement, on one event loop: a turn through
/// the steps, and what the caller is told at the end of it. Whatever happens, it settles once.
public final class Exchange implements Turn.Ends {

    private final Exchanges exchanges;
    private final AnswerHead head;
    private final CallerConnection connection;
    private final Runnable whenAnswered;
    private final Turn<?> turn;

    private boolean last;
    private int ownBytes;

    /// @param exchanges is told the end
    /// @param steps what it goes through
    /// @param head of every answer
    /// @param arrival the caller's request
    /// @param connection for answers of the gateway's own
    /// @param whenAnswered run once the answer has been written to its end
    Exchange(
            Exchanges exchanges,
            Steps<Arrival, ?> steps,
            AnswerHead head,
            Arrival arrival,
            CallerConnection connection,
            Runnable whenAnswered) {
        this.exchanges = exchanges;
        this.head = head;
        this.connection = connection;
        this.whenAnswered = whenAnswered;
        this.turn = new Turn<>(steps, arrival, this);
    }

    /// Begins, unless the caller has gone already; never blocks.
    public void start() {
        if (turn.isOver()) {
            return;
        }
        if (exchanges.closing() == Closing.OVER) {
            refuse(new GatewayError.ShuttingDown());
        } else {
            turn.start();
        }
    }

    /// Tells that the caller has gone: whatever is under way is given up.
    public void callerGone() {
        if (turn.isOver()) {
            return;
        }
        turn.cancel();
        settle(
                Ending.CALLER_GONE,
                Optional.empty(),
                Optional.of(connection.closedUnread() ? "answer_unread" : "caller_gone"));
    }

    /// Ends what is under way, for the gateway ends. Any thread may call it.
    void breakOff() {
        turn.later(() -> {
            turn.cancel();
            refuse(new GatewayError.ShuttingDown());
        });
    }

    /// Ends the exchange with an error that needs no look at it.
    ///
    /// @param error what is wrong with the request
    void refuse(GatewayError error) {
        turn.refuse(error);
    }

    /// While the gateway ends, or where there is no room for the connection, an answer ends its
    /// connection, if its head can say so still: a caller who was not told may have sent the next
    /// request already.
    @Override
    public void answering(MultiMap headers) {
        var known = turn.reached();
        known.letGo();
        last = known.crowded() || exchanges.closing() != Closing.NOT_YET;
        head.write(known, last, headers);
    }

    @Override
    public void completed() {
        settle(Ending.ANSWERED, Optional.empty(), Optional.empty());
        finish();
        connection.throwRestAway();
    }

    @Override
    public void answered(byte[] json) {
        answering(turn.reached().arrival().request().response().headers());
        ownBytes = connection.answer(json);
        settle(Ending.ANSWERED, Optional.empty(), Optional.empty());
        finish();
    }

    @Override
    public void refused(Refusal refusal) {
        var error = refusal.error();
        var shape = refusal.shape();
        var relay = relay();
        if (relay != null && relay.begun()) {
            relay.breakOff(connection, error);
        } else {
            answering(turn.reached().arrival().request().response().headers());
            ownBytes = connection.answer(error, shape);
        }
        settle(
                Ending.of(error, shape),
                Optional.of(shape.errorClass()),
                Optional.of(refusal.failure()));
        finish();
    }

    /// Comes after the settlement: to Quarkus REST the end of an answer and of a connection look
    /// alike.
    private void finish() {
        connection.finish(relay() != null, last);
        whenAnswered.run();
    }

    private void settle(Ending ending, Optional<String> error, Optional<String> failure) {
        if (!turn.tryEnd()) {
            return;
        }
        var known = turn.reached();
        known.letGo();
        known.charge(ending == Ending.ANSWERED);
        exchanges.settled(this, Settlement.of(known, ending, error, failure, ownBytes));
    }

    private @Nullable Relay relay() {
        return turn.reached() instanceof Attempts attempts ? attempts.relay() : null;
    }
}
