package com.alltkn.gateway.exchange.attempt;

import com.alltkn.gateway.exchange.request.Admitted;
import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.upstream.UpstreamGate;

/// A request that may be sent upstream.
///
/// @param before the request
/// @param slot its place among those that wait for upstream; left with the first byte
public record Entered(Admitted before, UpstreamGate.Slot slot) implements Progress {

    @Override
    public void giveBack() {
        slot.leave();
    }
}
