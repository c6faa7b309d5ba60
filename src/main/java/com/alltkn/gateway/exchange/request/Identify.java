package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.caller.Identity;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.exchange.step.Step;
import com.alltkn.gateway.exchange.step.Turn;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.BiPredicate;
import java.util.function.Function;

/// Finds out who calls, and whether that caller is let in at all.
///
/// @param identification knows whose credential it is, an `Authorization` header's value
/// @param belonging whether there is room for the request's connection among those of the caller
public record Identify(
        Function<String, Identity> identification, BiPredicate<HttpServerRequest, String> belonging)
        implements Step<Arrival, Known> {

    @Override
    public void take(Arrival arrival, Turn<Known> turn) {
        var credentials = arrival.request().headers().getAll(HttpHeaders.AUTHORIZATION);
        if (credentials.size() == 1) {
            identified(identification.apply(credentials.getFirst()), arrival, turn);
        } else {
            turn.refuse(new GatewayError.InvalidCredentials());
        }
    }

    private void identified(Identity identity, Arrival arrival, Turn<Known> turn) {
        switch (identity) {
            case Identity.Known(var caller) -> letIn(caller, arrival, turn);
            case Identity.Nobody() -> turn.refuse(new GatewayError.InvalidCredentials());
            case Identity.Uncheckable() -> turn.refuse(new GatewayError.TokensUncheckable());
            case Identity.Pending(var later) -> {
                var _ =
                        later.thenAccept(
                                found -> turn.later(() -> identified(found, arrival, turn)));
            }
        }
    }

    private void letIn(Caller caller, Arrival arrival, Turn<Known> turn) {
        if (caller.blocked()) {
            turn.reached(new Known(arrival, caller, false));
            turn.refuse(new GatewayError.CallerBlocked());
            return;
        }
        var belongs = belonging.test(arrival.request(), caller.id());
        var known = new Known(arrival, caller, !belongs);
        if (belongs) {
            turn.go(known);
        } else {
            turn.reached(known);
            turn.refuse(new GatewayError.Overloaded());
        }
    }
}
