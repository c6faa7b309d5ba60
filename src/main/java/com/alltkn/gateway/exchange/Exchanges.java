package com.alltkn.gateway.exchange;

import com.alltkn.gateway.caller.Identification;
import com.alltkn.gateway.connection.Connections;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.UserTexts;
import com.alltkn.gateway.quota.Quotas;
import com.alltkn.gateway.rollout.Revisions;
import com.alltkn.gateway.upstream.ConnectionShares;
import com.alltkn.gateway.upstream.GateConfig;
import com.alltkn.gateway.upstream.RetryPolicy;
import com.alltkn.gateway.upstream.UpstreamClients;
import com.alltkn.gateway.upstream.UpstreamConfig;
import com.alltkn.gateway.upstream.UpstreamGate;
import io.quarkus.arc.All;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/// Opens exchanges, knows which are open, and holds what all of them need.
@Singleton
public class Exchanges {

    private final Identification identification;
    private final Connections connections;
    private final Quotas quotas;
    private final Revisions revisions;
    private final UpstreamClients clients;
    private final RetryPolicy retries;
    private final UpstreamGate gate;
    private final ConnectionShares shares;
    private final GateConfig gateConfig;
    private final UpstreamConfig upstreamConfig;
    private final ExchangeConfig config;
    private final UserTexts texts;
    private final Clock clock;
    private final ExchangeListener listener;
    private final BodyMemory bodies;
    private final AnswerMemory answers;
    private final LargeBodies largeBodies = new LargeBodies();
    private final Set<Exchange> open = ConcurrentHashMap.newKeySet();
    private volatile Closing closing = Closing.NOT_YET;

    Exchanges(
            Identification identification,
            Connections connections,
            Quotas quotas,
            Revisions revisions,
            UpstreamClients clients,
            RetryPolicy retries,
            UpstreamGate gate,
            ConnectionShares shares,
            GateConfig gateConfig,
            UpstreamConfig upstreamConfig,
            ExchangeConfig config,
            UserTexts texts,
            Clock clock,
            @All List<ExchangeListener> listeners) {
        this.identification = identification;
        this.connections = connections;
        this.quotas = quotas;
        this.revisions = revisions;
        this.clients = clients;
        this.retries = retries;
        this.gate = gate;
        this.shares = shares;
        this.gateConfig = gateConfig;
        this.upstreamConfig = upstreamConfig;
        this.config = config;
        this.bodies = new BodyMemory(config);
        this.answers = new AnswerMemory(config);
        this.texts = texts;
        this.clock = clock;
        this.listener = all(listeners);
    }

    /// Takes a request on.
    ///
    /// @param request a request of a caller, its body not yet read
    /// @param context the event loop's context that the caller's connection lives on
    /// @param whenAnswered run once the answer has been written to its end; not if the caller goes
    ///   first
    /// @return the exchange, to be told when the caller goes
    public Exchange open(
            HttpServerRequest request, ContextInternal context, Runnable whenAnswered) {
        listener.began();
        var exchange = new Exchange(this, context, request, whenAnswered);
        open.add(exchange);
        return exchange;
    }

    /// Refuses a request for what it is, without a look at who sent it.
    ///
    /// @param request any request on the callers' port, not answered yet
    /// @param error what is wrong with it
    public void refuse(HttpServerRequest request, GatewayError error) {
        open(request, ContextInternal.current(), () -> {}).refuse(error);
    }

    /// Begins the end of the gateway: requests are still taken, but each connection ends with the
    /// answer it waits for.
    public void drain() {
        closing = Closing.DRAINING;
    }

    /// Ends what is still open, each on its own event loop: a stream by an event, a request without
    /// an answer by an error, anything else by a cut. From now on every request is refused.
    ///
    /// @return how many exchanges were open
    public int breakOff() {
        closing = Closing.OVER;
        var outlasted = List.copyOf(open);
        outlasted.forEach(Exchange::breakOff);
        return outlasted.size();
    }

    /// @return what is known now
    public View view() {
        return new View(open.size(), bodies.held());
    }

    /// @return the memory that answers take while they are read along, in bytes
    public long answerBytes() {
        return answers.held();
    }

    /// Tells whether a request is for the API at all, whatever becomes of it there.
    ///
    /// @param request any request on the callers' port
    /// @return whether its path is below one of the API's roots
    public boolean serves(HttpServerRequest request) {
        return RequestTarget.of(request.uri()).isPresent();
    }

    /// @return a new request id, unique for all practical purposes, not secret
    String newRequestId() {
        var random = ThreadLocalRandom.current();
        var hex = HexFormat.of();
        return "req_" + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
    }

    Identification identification() {
        return identification;
    }

    Connections connections() {
        return connections;
    }

    Quotas quotas() {
        return quotas;
    }

    Revisions revisions() {
        return revisions;
    }

    UpstreamClients clients() {
        return clients;
    }

    RetryPolicy retries() {
        return retries;
    }

    UpstreamGate gate() {
        return gate;
    }

    ConnectionShares shares() {
        return shares;
    }

    GateConfig gateConfig() {
        return gateConfig;
    }

    UpstreamConfig upstreamConfig() {
        return upstreamConfig;
    }

    ExchangeConfig config() {
        return config;
    }

    BodyMemory bodies() {
        return bodies;
    }

    AnswerMemory answers() {
        return answers;
    }

    LargeBodies largeBodies() {
        return largeBodies;
    }

    UserTexts texts() {
        return texts;
    }

    Clock clock() {
        return clock;
    }

    Closing closing() {
        return closing;
    }

    void settled(Exchange exchange, Settlement settlement) {
        listener.settled(settlement);
        open.remove(exchange);
    }

    private static ExchangeListener all(List<ExchangeListener> listeners) {
        var fixed = listeners.toArray(ExchangeListener[]::new);
        return new ExchangeListener() {
            @Override
            public void began() {
                for (var one : fixed) {
                    one.began();
                }
            }

            @Override
            public void settled(Settlement settlement) {
                for (var one : fixed) {
                    one.settled(settlement);
                }
            }
        };
    }

    /// What is known of exchanges at one time.
    ///
    /// @param underWay how many began and have not settled
    /// @param bodyBytes the memory that bodies of callers take, in bytes
    public record View(int underWay, long bodyBytes) {}

    /// How far the gateway's end has come.
    enum Closing {
        /// It is not in sight.
        NOT_YET,
        /// Requests are taken still, each as the last of its connection.
        DRAINING,
        /// Nothing is taken any more.
        OVER
    }
}
