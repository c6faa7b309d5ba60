package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.secret.SecretMask;
import io.netty.channel.EventLoop;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The connections of one revision to its upstream: one [HttpClient] per event loop, so that no
/// request waits for another loop's lock. An attempt acquires the client and releases it with its
/// last byte; a retired client closes when the last one has.
public final class UpstreamClient {

    /// Added to the number of holders once the client is retired: no holder can bring it back above
    /// zero.
    private static final int RETIRED = Integer.MIN_VALUE;

    private static final int MOST_BREAKERS = 128;
    private static final String NO_MODEL = "";

    private final Vertx vertx;
    private final Revision revision;
    private final HttpClientOptions options;
    private final String host;
    private final int port;
    private final boolean tls;
    private final String pathPrefix;
    private final String authorization;
    private final AnswerCodec.KeyMasks masks;
    private final Map<EventLoop, HttpClient> perLoop = new ConcurrentHashMap<>();
    private final AtomicInteger holders = new AtomicInteger();
    private final Map<String, Breaker> breakers = new ConcurrentHashMap<>();
    private final BreakerConfig breakerConfig;

    UpstreamClient(
            Vertx vertx,
            Revision revision,
            HttpClientOptions options,
            BreakerConfig breakerConfig) {
        var baseUrl = revision.settings().baseUrl();
        this.vertx = vertx;
        this.revision = revision;
        this.tls = baseUrl.getScheme().equalsIgnoreCase("https");
        this.host = baseUrl.getHost();
        this.port = baseUrl.getPort() >= 0 ? baseUrl.getPort() : tls ? 443 : 80;
        this.pathPrefix = baseUrl.getRawPath();
        this.authorization = "Bearer " + revision.settings().apiKey().reveal();
        this.masks =
                new AnswerCodec.KeyMasks(
                        new SecretMask(revision.settings().apiKey()),
                        SecretMask.inAnyCase(revision.settings().apiKey()));
        this.options = options.setSsl(tls);
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

    HttpClient http(ContextInternal context) {
        return perLoop.computeIfAbsent(context.nettyEventLoop(), _ -> newHttp());
    }

    /// The request line, address and credential of one attempt.
    RequestOptions options(UpstreamRequest request) {
        var requestOptions =
                new RequestOptions()
                        .setMethod(HttpMethod.valueOf(request.method()))
                        .setHost(host)
                        .setPort(port)
                        .setSsl(tls)
                        .setURI(pathPrefix + request.pathAndQuery())
                        .setFollowRedirects(false);
        RequestHeaders.write(request, authorization, requestOptions);
        return requestOptions;
    }

    private HttpClient newHttp() {
        return vertx.httpClientBuilder()
                .with(options)
                .with(options.getPoolOptions())
                .withConnectHandler(this::prepare)
                .build();
    }

    private void prepare(HttpConnection connection) {
        // Who uses a connection is told of its failure; nobody needs it in the log.
        connection.exceptionHandler(_ -> {});
        if (!(connection instanceof ConnectionBase base)) {
            throw new IllegalStateException("not a connection of Vert.x' own");
        }
        AnswerCodec.install(base, options, masks);
        // TLS keeps a buffer as large as what arrived in a row, 2 MiB for the sixteen reads that
        // are usual, for as long as the connection stands still.
        if (base.channel().config().getRecvByteBufAllocator()
                instanceof MaxMessagesRecvByteBufAllocator reads) {
            var _ = reads.maxMessagesPerRead(1);
        }
    }

    private void close() {
        perLoop.values().forEach(HttpClient::close);
    }
}
