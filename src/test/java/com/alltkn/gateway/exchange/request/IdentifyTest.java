package com.alltkn.gateway.exchange.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Identity;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.MadeUpRequest;
import com.alltkn.gateway.exchange.step.OneStep;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class IdentifyTest {

    private static final Caller PLAIN = Caller.named("plain");

    private final MadeUpRequest request = MadeUpRequest.chat().with("authorization", "Bearer key");

    @Test
    void knowsWhoseCredentialItIs() {
        var step = take(new Identity.Known(PLAIN), true);

        assertThat(step.output()).isEqualTo(new Known(request.arrival(), PLAIN, false));
    }

    @Test
    void refusesARequestWithoutACredential() {
        var none =
                OneStep.take(
                        identify(new Identity.Known(PLAIN), true), MadeUpRequest.chat().arrival());

        assertThat(none.error()).isEqualTo(new GatewayError.InvalidCredentials());
        assertThat(none.reached().caller()).isNull();
    }

    @Test
    void refusesARequestWithTwoCredentials() {
        request.with("authorization", "Bearer other");

        assertThat(take(new Identity.Known(PLAIN), true).error())
                .isEqualTo(new GatewayError.InvalidCredentials());
    }

    @Test
    void refusesNobody() {
        assertThat(take(new Identity.Nobody(), true).error())
                .isEqualTo(new GatewayError.InvalidCredentials());
        assertThat(take(new Identity.Uncheckable(), true).error())
                .isEqualTo(new GatewayError.TokensUncheckable());
    }

    @Test
    void refusesABlockedCallerAndKnowsWhoItWas() {
        var blocked =
                new Caller(
                        "blocked",
                        false,
                        true,
                        true,
                        PLAIN.models(),
                        Optional.empty(),
                        PLAIN.limits(),
                        PLAIN.budget());

        var step = take(new Identity.Known(blocked), false);

        assertThat(step.error()).isEqualTo(new GatewayError.CallerBlocked());
        assertThat(step.reached()).isEqualTo(new Known(request.arrival(), blocked, false));
    }

    @Test
    void refusesAConnectionTooManyAndKnowsThatItHasToEnd() {
        var step = take(new Identity.Known(PLAIN), false);

        assertThat(step.error()).isEqualTo(new GatewayError.Overloaded());
        assertThat(step.reached().crowded()).isTrue();
        assertThat(step.reached().caller()).isEqualTo(PLAIN);
    }

    @Test
    void waitsForAKeyThatMightProveAToken() {
        var later = new CompletableFuture<Identity>();
        var step = take(new Identity.Pending(later), true);
        assertThat(step.waits()).isTrue();

        later.complete(new Identity.Known(PLAIN));
        assertThat(step.waits()).isTrue();
        request.turn();

        assertThat(step.output()).isEqualTo(new Known(request.arrival(), PLAIN, false));
    }

    @Test
    void letsNobodyInWhoHasGone() {
        var later = new CompletableFuture<Identity>();
        var step = take(new Identity.Pending(later), true);
        step.callerGone();

        later.complete(new Identity.Known(PLAIN));
        request.turn();

        assertThat(step.waits()).isTrue();
        assertThat(step.reached()).isEqualTo(request.arrival());
    }

    private OneStep<Known> take(Identity identity, boolean belongs) {
        return OneStep.take(identify(identity, belongs), request.arrival());
    }

    private static Identify identify(Identity identity, boolean belongs) {
        return new Identify(
                credential -> {
                    assertThat(credential).isEqualTo("Bearer key");
                    return identity;
                },
                (_, _) -> belongs);
    }
}
