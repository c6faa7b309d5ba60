package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.exchange.step.Progress;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.quota.Demand;
import com.alltkn.gateway.quota.Reservation;
import com.alltkn.gateway.quota.Standing;
import java.util.Optional;
import java.util.OptionalLong;

/// A request that its caller may make, and what was set aside for it.
///
/// @param before the request
/// @param reservation to be settled or released, once
/// @param demand what it was made for
public record Admitted(Asked before, Reservation reservation, Demand demand) implements Progress {

    @Override
    public Standing standing() {
        return reservation.standing();
    }

    @Override
    public void charge(boolean answered) {
        charge(answered, Optional.empty(), OptionalLong.empty());
    }

    /// Charges what was used and, where nobody says how much, what was set aside for it; of an
    /// answer that broke off, what had come of it.
    ///
    /// @param answered whether the answer was handed on to its end
    /// @param usage what upstream counted
    /// @param relayed the length of what was handed on, in bytes; empty if nothing was
    public void charge(boolean answered, Optional<Usage> usage, OptionalLong relayed) {
        if (usage.isPresent()) {
            reservation.settle(usage.get().inputTokens() + usage.get().outputTokens());
        } else if (answered) {
            reservation.settleUnknown();
        } else if (relayed.isPresent()) {
            reservation.settle(demand.brokenOffAfter(relayed.getAsLong()));
        } else {
            reservation.release();
        }
    }

    @Override
    public void giveBack() {
        reservation.release();
    }
}
