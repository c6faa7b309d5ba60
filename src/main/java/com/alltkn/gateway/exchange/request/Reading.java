package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.exchange.step.Progress;

/// A request whose body is being read.
///
/// @param before the request
/// @param body what has come of it
record Reading(Matched before, BodyInHand body) implements Progress {

    @Override
    public long bytesIn() {
        return body.bytesIn();
    }

    @Override
    public void letGo() {
        body.letGo();
    }
}
