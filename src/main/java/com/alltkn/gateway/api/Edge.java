package com.alltkn.gateway.api;

import com.alltkn.gateway.connection.LastRequest;
import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.error.GatewayError.InvalidRequest;
import com.alltkn.gateway.exchange.Exchanges;
import com.alltkn.gateway.exchange.request.RequestTarget;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/// What stands before and behind the API's paths on the callers' port: requests that HTTP itself
/// does not allow, and paths that do not exist, each answered in the envelope and recorded as an
/// exchange of nobody's.
@ApplicationScoped
public class Edge {

    private static final Logger LOG = Logger.getLogger(Edge.class);

    /// Before everything that Quarkus puts into the router.
    private static final int FIRST = Integer.MIN_VALUE;

    /// Behind everything, but before the router's own answer.
    private static final int LAST = Integer.MAX_VALUE;

    /// The methods that [OpenAiResource] takes.
    private static final Set<String> METHODS =
            Set.of("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS");

    private final Exchanges exchanges;

    Edge(Exchanges exchanges) {
        this.exchanges = exchanges;
    }

    void register(@Observes Router router) {
        router.route().order(FIRST).handler(this::check).failureHandler(this::failed);
        router.route().order(LAST).handler(this::unknown);
    }

    private void check(RoutingContext routing) {
        var request = routing.request();
        if (LastRequest.wasBefore(request)) {
            request.connection().close();
            return;
        }
        var wrong = wrongWith(request);
        if (wrong.isPresent()) {
            refuse(request, wrong.get());
            return;
        }
        if (request.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            ChunkGuard.watch(request);
        }
        if (isOpenEnded(request)) {
            endConnectionAfter(routing);
        }
        switch (TargetSpelling.of(request.uri())) {
            case PLAIN -> admit(routing);
            case ODD_PATH -> unknown(routing);
            case ODD_QUERY ->
                    exchanges.refuse(
                            request,
                            new InvalidRequest(
                                    "the query holds characters that a url has to encode",
                                    null,
                                    "invalid_url"));
        }
    }

    private void admit(RoutingContext routing) {
        var request = routing.request();
        if (METHODS.contains(request.method().name())) {
            routing.next();
        } else if (exchanges.serves(request)) {
            // No path has such a method, so this exchange ends before anything is waited for.
            exchanges.open(request, ContextInternal.current(), () -> {}).start();
        } else {
            unknown(routing);
        }
    }

    private void unknown(RoutingContext routing) {
        var request = routing.request();
        exchanges.refuse(request, RequestTarget.unknownPath(request));
    }

    /// Takes what the router refuses before any route, a target without a path or a host that is
    /// none, and whatever fails unforeseen.
    private void failed(RoutingContext routing) {
        var request = routing.request();
        if (LastRequest.wasBefore(request) || request.response().headWritten()) {
            request.connection().close();
            return;
        }
        var wrong = wrongWith(request);
        if (wrong.isPresent()) {
            refuse(request, wrong.get());
        } else if (request.authority() == null) {
            refuse(request, invalidHost());
        } else if (request.path() == null || !request.path().startsWith("/")) {
            unknown(routing);
        } else {
            LOG.error("request failed outside an exchange", routing.failure());
            exchanges.refuse(request, new GatewayError.Internal());
        }
    }

    private static Optional<GatewayError> wrongWith(HttpServerRequest request) {
        var version = request.version();
        if (version != HttpVersion.HTTP_1_1 && version != HttpVersion.HTTP_1_0) {
            return Optional.of(new GatewayError.UnsupportedHttpVersion());
        }
        var headers = request.headers();
        if (headers.contains("")) {
            return Optional.of(invalidFraming("a header has no name"));
        }
        // Anything but this one word leaves open where the body ends: an unknown coding, two of
        // them, or a folded line, whose space is still there.
        if (headers.contains(HttpHeaders.TRANSFER_ENCODING)) {
            var codings = headers.getAll(HttpHeaders.TRANSFER_ENCODING);
            if (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
                return Optional.of(invalidFraming("transfer-encoding must be chunked"));
            }
        }
        var hosts = headers.getAll(HttpHeaders.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && version == HttpVersion.HTTP_1_1)) {
            return Optional.of(invalidHost());
        }
        return Optional.empty();
    }

    private static GatewayError invalidFraming(String message) {
        return new InvalidRequest(message, null, "invalid_framing");
    }

    private static GatewayError invalidHost() {
        return new InvalidRequest("exactly one valid host header is needed", null, "invalid_host");
    }

    /// Whether a request should have a body and declares none: the lines that did may have been
    /// swallowed by a folded header, and then a body follows that must not be read as a request.
    private static boolean isOpenEnded(HttpServerRequest request) {
        return switch (request.method().name()) {
            case "POST", "PUT", "PATCH" ->
                    !request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                            && !request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
            default -> false;
        };
    }

    private static void endConnectionAfter(RoutingContext routing) {
        var request = routing.request();
        LastRequest.mark(request);
        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        routing.addEndHandler(_ -> request.connection().close());
    }

    /// Answers and ends the connection, for where this request ends, and whether another begins
    /// there, is in doubt.
    private void refuse(HttpServerRequest request, GatewayError error) {
        LastRequest.mark(request);
        request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        exchanges.refuse(request, error);
        request.connection().close();
    }
}
