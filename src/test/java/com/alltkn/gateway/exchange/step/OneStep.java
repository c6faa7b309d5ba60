package com.alltkn.gateway.exchange.step;

import com.alltkn.gateway.error.GatewayError;
import io.vertx.core.MultiMap;
import org.jspecify.annotations.Nullable;

/// An exchange of one step, and what the step makes of it.
///
/// @param <O> what it makes
public final class OneStep<O extends Progress> implements Turn.Ends {

    private final Turn<O> turn;
    private boolean gone;
    private @Nullable Refusal refusal;
    private byte @Nullable [] answer;

    private <I extends Progress> OneStep(Step<I, O> step, I input) {
        var only = Steps.first((Arrival _, Turn<O> own) -> step.take(input, own));
        turn = new Turn<>(only, input.arrival(), this);
        turn.reached(input);
        turn.start();
    }

    /// Takes a step.
    public static <I extends Progress, O extends Progress> OneStep<O> take(
            Step<I, O> step, I input) {
        return new OneStep<>(step, input);
    }

    /// Ends the exchange, for its caller has gone.
    public void callerGone() {
        turn.cancel();
        turn.tryEnd();
    }

    /// @return what the step has made, which must have gone on
    @SuppressWarnings("unchecked")
    public O output() {
        if (!gone) {
            throw new AssertionError("it has not gone on: " + refusal);
        }
        return (O) turn.reached();
    }

    /// @return how far it came
    public Progress reached() {
        return turn.reached();
    }

    public @Nullable GatewayError error() {
        return refusal == null ? null : refusal.error();
    }

    public byte @Nullable [] answer() {
        return answer;
    }

    /// @return whether it has neither gone on nor answered nor refused
    public boolean waits() {
        return !gone && refusal == null && answer == null;
    }

    @Override
    public void answering(MultiMap headers) {
        throw new AssertionError("no answer of upstream's is in sight");
    }

    @Override
    public void completed() {
        assertOnce();
        gone = true;
    }

    @Override
    public void answered(byte[] json) {
        assertOnce();
        answer = json;
    }

    @Override
    public void refused(Refusal refusal) {
        assertOnce();
        this.refusal = refusal;
    }

    private void assertOnce() {
        if (!waits()) {
            throw new AssertionError("a step says once what comes of it");
        }
    }
}
