package com.alltkn.gateway.exchange.request;

import com.alltkn.gateway.exchange.step.Step;
import com.alltkn.gateway.exchange.step.Turn;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.quota.Quotas;
import com.alltkn.gateway.quota.UsageReport;

/// Answers who asks for its own limits and consumption. That costs nothing, so it stands before
/// anything is counted.
///
/// @param quotas what every caller has used
public record TellUsage(Quotas quotas) implements Step<Matched, Matched> {

    @Override
    public void take(Matched matched, Turn<Matched> turn) {
        if (matched.endpoint() != Endpoint.GET_USAGE) {
            turn.go(matched);
            return;
        }
        matched.arrival().request().resume();
        quotas.standing(
                matched.caller(),
                now -> {
                    turn.reached(new Counted(matched, now));
                    turn.answer(UsageReport.of(matched.caller(), now));
                });
    }
}
