package com.alltkn.gateway.exchange.attempt;

import com.alltkn.gateway.exchange.answer.AnswerMemory;
import com.alltkn.gateway.exchange.request.BodyMemory;
import com.alltkn.gateway.exchange.step.Step;
import com.alltkn.gateway.exchange.step.Turn;
import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.upstream.ConnectionShares;
import com.alltkn.gateway.upstream.RetryPolicy;
import com.alltkn.gateway.upstream.UpstreamClients;
import com.alltkn.gateway.upstream.UpstreamConfig;
import java.time.Clock;
import java.time.Duration;

/// Asks upstream, as often as the retry policy lets it, and hands the answer on to its end. It
/// holds what every attempt needs.
///
/// @param retries says what follows a failure
/// @param clients call upstream
/// @param shares whose connections there are
/// @param revisions are told of refused keys, and know others
/// @param config how long upstream may take
/// @param bodies the memory for what upstream does not take yet
/// @param answers the memory for what is read along of answers
/// @param longestPause how long a caller may pause while it sends
/// @param clock the time that upstream's dates are read by
public record AskUpstream(
        RetryPolicy retries,
        UpstreamClients clients,
        ConnectionShares shares,
        Revisions revisions,
        UpstreamConfig config,
        BodyMemory bodies,
        AnswerMemory answers,
        Duration longestPause,
        Clock clock)
        implements Step<Entered, Attempts> {

    @Override
    public void take(Entered entered, Turn<Attempts> turn) {
        var attempts = new Attempts(this, entered, turn);
        turn.reached(attempts);
        turn.underWay(attempts);
        attempts.start();
    }
}
