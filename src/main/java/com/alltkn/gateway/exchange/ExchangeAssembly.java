package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Identification;
import com.alltkn.gateway.connection.Connections;
import com.alltkn.gateway.exchange.answer.AnswerMemory;
import com.alltkn.gateway.exchange.attempt.AskUpstream;
import com.alltkn.gateway.exchange.attempt.Attempts;
import com.alltkn.gateway.exchange.attempt.EnterGate;
import com.alltkn.gateway.exchange.request.Admit;
import com.alltkn.gateway.exchange.request.BodyMemory;
import com.alltkn.gateway.exchange.request.ExchangeConfig;
import com.alltkn.gateway.exchange.request.Identify;
import com.alltkn.gateway.exchange.request.LargeBodies;
import com.alltkn.gateway.exchange.request.Match;
import com.alltkn.gateway.exchange.request.ReadRequest;
import com.alltkn.gateway.exchange.request.TellUsage;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.exchange.step.Steps;
import com.alltkn.gateway.quota.Quotas;
import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.upstream.ConnectionShares;
import com.alltkn.gateway.upstream.GateConfig;
import com.alltkn.gateway.upstream.RetryPolicy;
import com.alltkn.gateway.upstream.UpstreamClients;
import com.alltkn.gateway.upstream.UpstreamConfig;
import com.alltkn.gateway.upstream.UpstreamGate;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/// Puts the steps of an exchange together.
@Singleton
final class ExchangeAssembly {

    /// @return the order of an exchange: here, and nowhere else
    @Produces
    @Singleton
    Steps<Arrival, Attempts> steps(
            Identification identification,
            Connections connections,
            Quotas quotas,
            ExchangeConfig config,
            BodyMemory bodies,
            AnswerMemory answers,
            Revisions revisions,
            UpstreamGate gate,
            GateConfig gateConfig,
            RetryPolicy retries,
            UpstreamClients clients,
            ConnectionShares shares,
            UpstreamConfig upstreamConfig,
            Clock clock) {
        return Steps.first(new Identify(identification::identify, connections::belongs))
                .then(new Match())
                .then(new TellUsage(quotas))
                .then(new ReadRequest(config, bodies, new LargeBodies()))
                .then(new Admit(quotas, revisions))
                .then(new EnterGate(gate, gateConfig.longestWait()))
                .then(
                        new AskUpstream(
                                retries,
                                clients,
                                shares,
                                revisions,
                                upstreamConfig,
                                bodies,
                                answers,
                                config.bodyTimeout(),
                                clock));
    }
}
