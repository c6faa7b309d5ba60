package com.alltkn.gateway.api;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.UserTexts;
import com.alltkn.gateway.exchange.CallerConnection;
import com.alltkn.gateway.exchange.Exchanges;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Optional;

/// What stands before and behind the API's paths on the callers' port: requests that HTTP itself
/// does not allow, and paths that do not exist, each answered in the envelope.
@ApplicationScoped
public class Edge {

    /// Before everything that Quarkus puts into the router.
    private static final int FIRST = Integer.MIN_VALUE;

    /// Behind everything, but before the router's own answer.
    private static final int LAST = Integer.MAX_VALUE;

    private final Exchanges exchanges;
    private final UserTexts texts;
    private final Vertx vertx;

    Edge(Exchanges exchanges, UserTexts texts, Vertx vertx) {
        this.exchanges = exchanges;
        this.texts = texts;
        this.vertx = vertx;
    }

    void register(@Observes Router router) {
        router.route().order(FIRST).handler(this::check);
        router.route().order(LAST).handler(this::unknown);
    }

    private void check(RoutingContext routing) {
        var wrong = wrongWith(routing.request());
        if (wrong.isPresent()) {
            answer(routing.request(), wrong.get());
        } else {
            routing.next();
        }
    }

    private void unknown(RoutingContext routing) {
        var request = routing.request();
        answer(request, CallerConnection.unknownPath(request));
    }

    private static Optional<GatewayError> wrongWith(HttpServerRequest request) {
        var version = request.version();
        if (version != HttpVersion.HTTP_1_1 && version != HttpVersion.HTTP_1_0) {
            return Optional.of(new GatewayError.UnsupportedHttpVersion());
        }
        var hosts = request.headers().getAll(HttpHeaders.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && version == HttpVersion.HTTP_1_1)) {
            return Optional.of(
                    new GatewayError.InvalidRequest(
                            "exactly one host header is needed", null, "invalid_host"));
        }
        return Optional.empty();
    }

    private void answer(HttpServerRequest request, GatewayError error) {
        new CallerConnection(request, texts, exchanges.newRequestId(), vertx).answer(error);
    }
}
