package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.exchange.step.Step;
import com.alltkn.gateway.exchange.step.Turn;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.PathMatch;

/// Finds out what is called, and whether its caller may call it.
public record Match() implements Step<Known, Matched> {

    @Override
    public void take(Known known, Turn<Matched> turn) {
        var request = known.before().request();
        var target = RequestTarget.of(request.uri());
        if (target.isEmpty()) {
            turn.refuse(RequestTarget.unknownPath(request));
            return;
        }
        switch (Endpoint.match(request.method().name(), target.get().path())) {
            case PathMatch.Unknown() -> turn.refuse(RequestTarget.unknownPath(request));
            case PathMatch.MethodNotAllowed(var allowed) ->
                    turn.refuse(
                            new GatewayError.MethodNotAllowed(request.method().name(), allowed));
            case PathMatch.Found(var found) -> {
                var matched = new Matched(known, found, target.get().pathAndQuery());
                if (found.storedObjects() && !known.caller().storedObjects()) {
                    turn.reached(matched);
                    turn.refuse(new GatewayError.PathNotAllowed(found.label()));
                } else {
                    turn.go(matched);
                }
            }
        }
    }
}
