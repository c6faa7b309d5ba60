package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.CallerDirectory;
import com.alltkn.gateway.rollout.CanaryExchange;
import com.alltkn.gateway.rollout.CanaryOutcome;
import com.alltkn.gateway.rollout.CanaryTraffic;
import com.alltkn.gateway.rollout.KnownCallers;
import jakarta.inject.Singleton;
import java.util.Optional;

/// Tells the rollout how exchanges end while a candidate is tried out. What a caller caused, and
/// what the gateway did by itself, is left out.
@Singleton
final class CanaryOutcomes implements ExchangeListener, KnownCallers {

    private final CanaryTraffic traffic;
    private final CallerDirectory callers;

    CanaryOutcomes(CanaryTraffic traffic, CallerDirectory callers) {
        this.traffic = traffic;
        this.callers = callers;
    }

    @Override
    public int count() {
        return callers.current().all().size();
    }

    @Override
    public void settled(Settlement settlement) {
        if (!traffic.isOn() || settlement.content().isEmpty() || settlement.caller().isEmpty()) {
            return;
        }
        outcome(settlement)
                .map(outcome ->
                        new CanaryExchange(
                                settlement.content().get(),
                                settlement.caller().get(),
                                settlement.type() + (settlement.streamed() ? " stream" : ""),
                                outcome,
                                settlement.latency(),
                                settlement.timeToFirstByte()))
                .ifPresent(traffic::ended);
    }

    /// By the class of the error that the caller was told.
    static Optional<CanaryOutcome> outcome(Settlement settlement) {
        if (settlement.ending() == Settlement.Ending.ANSWERED) {
            return Optional.of(CanaryOutcome.ANSWERED);
        }
        return switch (settlement.error().orElse("")) {
            case "upstream_failed",
                    "upstream_overloaded",
                    "upstream_unavailable",
                    "upstream_unreachable",
                    "upstream_interrupted",
                    "upstream_invalid_answer" ->
                    Optional.of(CanaryOutcome.FAILED);
            case "upstream_timeout" -> Optional.of(CanaryOutcome.TIMED_OUT);
            case "upstream_credentials_exhausted" -> Optional.of(CanaryOutcome.CREDENTIALS);
            case "upstream_permission_denied" -> Optional.of(CanaryOutcome.PERMISSION);
            case "upstream_quota_exhausted" -> Optional.of(CanaryOutcome.QUOTA);
            case "upstream_rate_limited" -> Optional.of(CanaryOutcome.RATE_LIMITED);
            default -> Optional.empty();
        };
    }
}
