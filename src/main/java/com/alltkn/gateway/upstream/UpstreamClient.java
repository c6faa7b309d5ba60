package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.secret.SecretMask;
import com.alltkn.gateway.upstream.UpstreamRequest.Reuse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.HostAndPort;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// What calls the upstream of one revision: its connections, its key and its breakers. An attempt
/// acquires the client and releases it with its last byte; a retired client closes when the last
/// one has.
public final class UpstreamClient {

    /// Added to the number of holders once the client is retired: no holder can bring it back above
    /// zero.
    private static final int RETIRED = Integer.MIN_VALUE;

    private static final int MOST_BREAKERS = 128;
    private static final String NO_MODEL = "";

    private final Revision revision;
    private final HostAndPort authority;
    private final String pathPrefix;
    private final String authorization;
    private final AnswerCodec.KeyMasks masks;
    private final UpstreamConnections connections;
    private final AtomicInteger holders = new AtomicInteger();
    private final Map<String, Breaker> breakers = new ConcurrentHashMap<>();
    private final BreakerConfig breakerConfig;

    UpstreamClient(
            Vertx vertx,
            Revision revision,
            HttpClientOptions options,
            Duration keepAlive,
            BreakerConfig breakerConfig) {
        var baseUrl = revision.settings().baseUrl();
        var tls = baseUrl.getScheme().equalsIgnoreCase("https");
        var host = baseUrl.getHost();
        var port = baseUrl.getPort() >= 0 ? baseUrl.getPort() : tls ? 443 : 80;
        this.revision = revision;
        this.authority = HostAndPort.create(host, port);
        this.pathPrefix = baseUrl.getRawPath();
        this.authorization = "Bearer " + revision.settings().apiKey().reveal();
        this.masks =
                new AnswerCodec.KeyMasks(
                        new SecretMask(revision.settings().apiKey()),
                        SecretMask.inAnyCase(revision.settings().apiKey()));
        this.connections =
                new UpstreamConnections(vertx, options.setSsl(tls), host, port, masks, keepAlive);
        this.breakerConfig = breakerConfig;
        // The models that matter have a breaker of their own whatever else is asked for.
        breaker(revision.settings().defaultModel());
        revision.settings().fallbackModels().forEach(this::breaker);
    }

    /// @return the revision whose key and address this client uses
    public Revision revision() {
        return revision;
    }

    /// @return what hides its key
    public SecretMask mask() {
        return masks.inTexts();
    }

    /// Finds the breaker of a model, for one may fail while others answer. The names that callers
    /// make up share one once there are many.
    ///
    /// @param model the model asked for, or null where a request names none
    /// @return its breaker
    public Breaker breaker(@Nullable String model) {
        var known = breakers.get(model == null ? NO_MODEL : model);
        if (known != null) {
            return known;
        }
        return breakers.computeIfAbsent(
                model == null || breakers.size() >= MOST_BREAKERS ? NO_MODEL : model,
                _ -> new Breaker(breakerConfig, System::nanoTime));
    }

    /// @return how many of its breakers are open
    long openBreakers() {
        return breakers.values().stream().filter(Breaker::isOpen).count();
    }

    /// Ends the use of the client that `tryAcquire` began.
    public void release() {
        if (holders.decrementAndGet() == RETIRED) {
            close();
        }
    }

    /// How many attempts hold it, unless it is retired.
    int holders() {
        return holders.get();
    }

    boolean tryAcquire() {
        return holders.getAndUpdate(n -> n < 0 ? n : n + 1) >= 0;
    }

    void retire() {
        if (holders.getAndUpdate(n -> n < 0 ? n : n + RETIRED) == 0) {
            close();
        }
    }

    /// Finds a connection for one request.
    Future<UpstreamConnection> connect(ContextInternal context, Reuse reuse) {
        return connections.connect(context, reuse);
    }

    /// Begins a request on a connection, with its request line, address and credential.
    Future<HttpClientRequest> begin(
            UpstreamConnection connection, ContextInternal context, UpstreamRequest request) {
        return connection
                .begin(context)
                .map(to -> {
                    var _ =
                            to.setMethod(HttpMethod.valueOf(request.method()))
                                    .authority(authority)
                                    .setURI(pathPrefix + request.pathAndQuery());
                    RequestHeaders.write(request, authorization, to.headers());
                    return to;
                });
    }

    private void close() {
        connections.close();
    }
}
