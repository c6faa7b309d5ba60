package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.exchange.step.Turn;

/// A caller's body as far as it is held, in memory that is counted.
public sealed interface BodyInHand extends Turn.Work permits CallerBody, ReadAhead {

    /// @return how much of it was read for good, in bytes
    long bytesIn();

    /// Gives its memory back, for nobody has a use for it any more. Once more does nothing.
    void letGo();
}
