package com.alltkn.gateway.exchange.attempt;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.request.Admitted;
import com.alltkn.gateway.exchange.step.Step;
import com.alltkn.gateway.exchange.step.Turn;
import com.alltkn.gateway.upstream.UpstreamGate;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Waits for room among those that wait for upstream, for a short time.
///
/// @param gate bounds how many those are
/// @param longestWait how long one waits as a rule
public record EnterGate(UpstreamGate gate, Duration longestWait)
        implements Step<Admitted, Entered> {

    @Override
    public void take(Admitted admitted, Turn<Entered> turn) {
        var place = new Place(admitted, turn);
        switch (gate.enter(admitted.before().caller().id(), place)) {
            case UpstreamGate.Slot slot -> turn.go(new Entered(admitted, slot));
            case UpstreamGate.Full() -> turn.refuse(new GatewayError.Overloaded());
            case UpstreamGate.Ticket ticket -> {
                turn.underWay(place);
                place.hold(ticket, ticket.patience(longestWait));
            }
        }
    }

    /// One exchange before the gate.
    private static final class Place implements Consumer<UpstreamGate.Slot>, Turn.Work {

        private final Admitted admitted;
        private final Turn<Entered> turn;
        private UpstreamGate.@Nullable Ticket ticket;
        private long patience;

        Place(Admitted admitted, Turn<Entered> turn) {
            this.admitted = admitted;
            this.turn = turn;
        }

        void hold(UpstreamGate.Ticket waiting, Duration longest) {
            ticket = waiting;
            patience =
                    admitted.arrival()
                            .context()
                            .owner()
                            .setTimer(
                                    longest.toMillis(),
                                    _ -> {
                                        if (waiting.tryGiveUp()) {
                                            turn.refuse(new GatewayError.Overloaded());
                                        }
                                    });
        }

        /// Is let in, by whatever thread makes room.
        @Override
        public void accept(UpstreamGate.Slot slot) {
            var context = admitted.arrival().context();
            context.runOnContext(_ -> {
                context.owner().cancelTimer(patience);
                // Not unless the exchange is still there: a slot too late is left again.
                turn.go(new Entered(admitted, slot));
            });
        }

        @Override
        public void cancel() {
            if (ticket != null && ticket.tryGiveUp()) {
                admitted.arrival().context().owner().cancelTimer(patience);
            }
        }
    }
}
