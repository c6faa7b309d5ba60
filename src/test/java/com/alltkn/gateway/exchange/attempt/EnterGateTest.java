package com.alltkn.gateway.exchange.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.request.Admitted;
import com.alltkn.gateway.exchange.request.Asked;
import com.alltkn.gateway.exchange.request.MadeUpAccount;
import com.alltkn.gateway.exchange.step.MadeUpRequest;
import com.alltkn.gateway.exchange.step.OneStep;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.quota.Demand;
import com.alltkn.gateway.upstream.MadeUpGate;
import com.alltkn.gateway.upstream.UpstreamGate;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class EnterGateTest {

    private final MadeUpRequest request = MadeUpRequest.of("GET", "/v1/models");
    private final UpstreamGate gate = MadeUpGate.of(1);

    @Test
    void goesInWhereThereIsRoom() {
        var step = take();

        assertThat(step.output()).isNotNull();
        assertThat(request.timers()).isZero();
    }

    @Test
    void waitsUntilSomebodyLeaves() {
        var inside = enter();
        var step = take();
        assertThat(step.waits()).isTrue();

        inside.leave();
        assertThat(step.waits()).isTrue();
        request.turn();

        assertThat(step.output()).isNotNull();
        assertThat(request.timers()).isZero();
    }

    @Test
    void waitsNoLongerThanItShould() {
        enter();
        var step = take();

        request.letTimersGoOff();

        assertThat(step.error()).isEqualTo(new GatewayError.Overloaded());
    }

    @Test
    void refusesWhoFindsTheQueueFull() {
        enter();
        take();

        assertThat(take().error()).isEqualTo(new GatewayError.Overloaded());
    }

    @Test
    void leavesTheQueueOfACallerWhoHasGone() {
        enter();
        var gone = take();

        gone.callerGone();

        assertThat(request.timers()).isZero();
        assertThat(take().waits()).isTrue();
    }

    @Test
    void leavesAPlaceThatCameTooLate() {
        var inside = enter();
        var gone = take();
        inside.leave();

        gone.callerGone();
        request.turn();

        assertThat(gone.waits()).isTrue();
        assertThat(take().output()).isNotNull();
    }

    private OneStep<Entered> take() {
        var matched = request.matched(Caller.named("plain"), Endpoint.LIST_MODELS);
        return OneStep.take(
                new EnterGate(gate, Duration.ofMillis(30)),
                new Admitted(Asked.withoutBody(matched), new MadeUpAccount(), Demand.NOTHING));
    }

    private UpstreamGate.Slot enter() {
        return (UpstreamGate.Slot) gate.enter("plain", _ -> {});
    }
}
