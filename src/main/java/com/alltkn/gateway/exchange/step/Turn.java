package com.alltkn.gateway.exchange.step;

import com.alltkn.gateway.error.GatewayError;
import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/// An exchange on its way through the steps, as the step sees it whose turn it is. That step says
/// once what comes of it: the exchange goes on, is answered or refused. Once the exchange is over
/// nothing of that has an effect, and what a late step took is given back.
///
/// For the exchange's event loop, but for [#isOver()] and [#later(Runnable)].
///
/// @param <O> what the step makes
public final class Turn<O extends Progress> {

    private final Steps<Arrival, ?> steps;
    private final Arrival arrival;
    private final Ends ends;

    private Progress reached;
    private int next;
    private @Nullable Work work;

    private volatile boolean over;

    /// @param steps what an exchange goes through
    /// @param arrival what it begins with
    /// @param ends is told how the steps end
    public Turn(Steps<Arrival, ?> steps, Arrival arrival, Ends ends) {
        this.steps = steps;
        this.arrival = arrival;
        this.ends = ends;
        this.reached = arrival;
    }

    /// Begins with the first step.
    public void start() {
        steps.take(next++, arrival, this);
    }

    /// Goes on to the next step; behind the last one the caller has its answer.
    ///
    /// @param output what the step made
    public void go(O output) {
        if (over) {
            output.giveBack();
            return;
        }
        work = null;
        reached = output;
        if (next == steps.count()) {
            ends.completed();
        } else {
            steps.take(next++, output, this);
        }
    }

    /// Answers with JSON of the gateway's own; no further step is taken.
    ///
    /// @param json the body
    public void answer(byte[] json) {
        if (!over) {
            work = null;
            ends.answered(json);
        }
    }

    /// Refuses the request for what it is; no further step is taken.
    ///
    /// @param error what the caller is told
    public void refuse(GatewayError error) {
        refuse(Refusal.of(error));
    }

    /// Refuses the request; no further step is taken.
    ///
    /// @param refusal what the caller is told, and why
    public void refuse(Refusal refusal) {
        if (!over) {
            work = null;
            ends.refused(refusal);
        }
    }

    /// Tells what is known by now, although the step is not done: it may end here.
    ///
    /// @param progress as far as it goes
    public void reached(Progress progress) {
        if (!over) {
            reached = progress;
        }
    }

    /// Tells what to give up if the exchange ends before the step does.
    ///
    /// @param begun what the step has begun
    public void underWay(Work begun) {
        work = begun;
    }

    /// An answer begins to be handed on; what has to be in its head is put there now.
    ///
    /// @param headers the headers of the answer to the caller
    public void answering(MultiMap headers) {
        ends.answering(headers);
    }

    /// Goes back to the exchange's event loop. Any thread may call it.
    ///
    /// @param then run there, unless the exchange is over by then
    public void later(Runnable then) {
        arrival.context()
                .runOnContext(_ -> {
                    if (!over) {
                        then.run();
                    }
                });
    }

    /// @return whether nobody waits for what the step makes any more; any thread may ask
    public boolean isOver() {
        return over;
    }

    /// @return how far the exchange has come
    public Progress reached() {
        return reached;
    }

    /// Gives up what is under way.
    public void cancel() {
        var begun = work;
        work = null;
        if (begun != null) {
            begun.cancel();
        }
    }

    /// Ends it for good.
    ///
    /// @return whether this was the end, and not another before
    public boolean tryEnd() {
        if (over) {
            return false;
        }
        over = true;
        return true;
    }

    /// What a step has begun and can give up.
    public interface Work {

        /// Gives it up; nothing is told of it any more.
        void cancel();
    }

    /// Is told how the steps end, of one of the three ends, once; it calls [Turn#tryEnd()].
    public interface Ends {

        /// An answer begins to be handed on.
        ///
        /// @param headers the headers of the answer to the caller
        void answering(MultiMap headers);

        /// The last step is done: the answer was handed on to its end.
        void completed();

        /// A step has the answer itself.
        ///
        /// @param json the body
        void answered(byte[] json);

        /// A step says no.
        ///
        /// @param refusal what the caller is told, and why
        void refused(Refusal refusal);
    }
}
