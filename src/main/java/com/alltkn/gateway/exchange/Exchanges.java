package com.alltkn.gateway.exchange;

import com.alltkn.gateway.connection.Connections;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.UserTexts;
import com.alltkn.gateway.exchange.answer.AnswerHead;
import com.alltkn.gateway.exchange.answer.AnswerMemory;
import com.alltkn.gateway.exchange.answer.CallerConnection;
import com.alltkn.gateway.exchange.attempt.Attempts;
import com.alltkn.gateway.exchange.request.BodyMemory;
import com.alltkn.gateway.exchange.request.ExchangeConfig;
import com.alltkn.gateway.exchange.request.RequestTarget;
import com.alltkn.gateway.exchange.step.Arrival;
import com.alltkn.gateway.exchange.step.Steps;
import com.alltkn.gateway.quota.Quotas;
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

/// Opens exchanges, knows which are open, and tells of their ends.
@Singleton
public class Exchanges {

    private final Steps<Arrival, Attempts> steps;
    private final AnswerHead head;
    private final BodyMemory bodies;
    private final UserTexts texts;
    private final Connections connections;
    private final ExchangeConfig config;
    private final Clock clock;
    private final ExchangeListener listener;
    private final AnswerMemory answers;
    private final Set<Exchange> open = ConcurrentHashMap.newKeySet();
    private volatile Closing closing = Closing.NOT_YET;

    Exchanges(
            Steps<Arrival, Attempts> steps,
            Quotas quotas,
            BodyMemory bodies,
            AnswerMemory answers,
            UserTexts texts,
            Connections connections,
            ExchangeConfig config,
            Clock clock,
            @All List<ExchangeListener> listeners) {
        this.steps = steps;
        this.head = new AnswerHead(quotas, config.revisionHeader());
        this.bodies = bodies;
        this.answers = answers;
        this.texts = texts;
        this.connections = connections;
        this.config = config;
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
        var arrival =
                new Arrival(context, request, newRequestId(), clock.instant(), System.nanoTime());
        var connection =
                new CallerConnection(arrival, texts, connections, config.bodyTotalTimeout());
        var exchange = new Exchange(this, steps, head, arrival, connection, whenAnswered);
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

    Closing closing() {
        return closing;
    }

    void settled(Exchange exchange, Settlement settlement) {
        listener.settled(settlement);
        open.remove(exchange);
    }

    /// @return a new request id, unique for all practical purposes, not secret
    private static String newRequestId() {
        var random = ThreadLocalRandom.current();
        var hex = HexFormat.of();
        return "req_" + hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
    }

    private static ExchangeListener all(List<ExchangeListener> listeners) {
        var fixed = listeners.toArray(ExchangeListener[]::new);
        return settlement -> {
            for (var one : fixed) {
                one.settled(settlement);
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
