package com.alltkn.gateway.exchange;

import com.alltkn.gateway.rollout.Revisions;
import jakarta.inject.Singleton;

/// Tells the rollout that upstream answers again, so that a candidate which waits for that is asked
/// about at once.
@Singleton
final class TrafficRecovery implements ExchangeListener {

    private final Revisions revisions;
    private volatile boolean failing;

    TrafficRecovery(Revisions revisions) {
        this.revisions = revisions;
    }

    @Override
    public void settled(Settlement settlement) {
        if (settlement.revision().isEmpty()) {
            return;
        }
        switch (settlement.ending()) {
            case FAILED, TIMED_OUT -> failing = true;
            case ANSWERED -> {
                if (failing) {
                    failing = false;
                    revisions.trafficRecovered();
                }
            }
            case REFUSED, CALLER_GONE -> {}
        }
    }
}
