package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.caller.Caller;
import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.openai.Endpoint;

/// A request for something that there is.
///
/// @param before the request and its caller
/// @param endpoint the operation
/// @param pathAndQuery what follows the base URL, undecoded
public record Matched(Known before, Endpoint endpoint, String pathAndQuery) implements Progress {

    @Override
    public Caller caller() {
        return before.caller();
    }
}
