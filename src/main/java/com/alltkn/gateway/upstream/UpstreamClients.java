package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.quarkus.vertx.core.runtime.config.VertxConfiguration;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.tracing.TracingPolicy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The client of the active revision. Key, address and connections change together in one swap, so
/// no request sees the new key at the old address or the reverse; attempts under way go on with the
/// client they bound.
@ApplicationScoped
public class UpstreamClients implements RevisionListener {

    /// The most that Netty reads at once.
    private static final int LONGEST_PIECE = 64 * 1024;

    private final Vertx vertx;
    private final UpstreamConfig config;
    private final BreakerConfig breakerConfig;
    private final TlsConfigurationRegistry tls;
    private final int eventLoops;
    private final AtomicReference<@Nullable UpstreamClient> active = new AtomicReference<>();

    UpstreamClients(
            Vertx vertx,
            UpstreamConfig config,
            BreakerConfig breakerConfig,
            TlsConfigurationRegistry tls,
            VertxConfiguration vertxConfig) {
        this.vertx = vertx;
        this.config = config;
        this.breakerConfig = breakerConfig;
        this.tls = tls;
        this.eventLoops =
                vertxConfig
                        .eventLoopsPoolSize()
                        .orElseGet(() -> 2 * Runtime.getRuntime().availableProcessors());
    }

    /// Binds an attempt to the active revision.
    ///
    /// @return its client, to be released once; empty while there is no revision
    public Optional<UpstreamClient> tryAcquire() {
        while (true) {
            var client = active.get();
            if (client == null) {
                return Optional.empty();
            }
            if (client.tryAcquire()) {
                return Optional.of(client);
            }
            // Retired between the two steps: its successor is in place already.
        }
    }

    /// @return how many breakers of the active revision are open
    public long openBreakers() {
        var client = active.get();
        return client == null ? 0 : client.openBreakers();
    }

    @Override
    public void promoted(Revision now, @Nullable Revision before) {
        use(now);
    }

    /// The number is part of what an attempt binds, so it changes in the same way.
    @Override
    public void renumbered(Revision now, Revision before) {
        use(now);
    }

    private void use(Revision now) {
        var retired = active.getAndSet(new UpstreamClient(vertx, now, options(), breakerConfig));
        if (retired != null) {
            retired.retire();
        }
    }

    private HttpClientOptions options() {
        var options =
                new HttpClientOptions()
                        .setMaxPoolSize(Math.max(1, config.maxConnections() / eventLoops))
                        // A request that finds no connection in time fails by its connect clock; a
                        // longer queue would only hold bodies in memory.
                        .setMaxWaitQueueSize(Math.max(1, config.maxConnections() / eventLoops))
                        .setKeepAliveTimeout(Math.toIntExact(config.keepAlive().toSeconds()))
                        .setConnectTimeout(Math.toIntExact(config.connectTimeout().toMillis()))
                        .setTcpNoDelay(true)
                        // As much as one read brings: each piece of an answer is a write to the
                        // caller.
                        .setMaxChunkSize(LONGEST_PIECE)
                        .setDecompressionSupported(false)
                        // An instrumented client would send the caller's traceparent and
                        // baggage upstream by itself.
                        .setTracingPolicy(TracingPolicy.IGNORE);
        config.tlsConfiguration()
                .ifPresent(name ->
                        options.setTrustOptions(
                                tls.get(name)
                                        .orElseThrow(() ->
                                                new IllegalStateException(
                                                        "gateway.upstream.tls-configuration"
                                                                + " names '"
                                                                + name
                                                                + "', which quarkus.tls."
                                                                + name
                                                                + " does not configure"))
                                        .getTrustStoreOptions()));
        return options;
    }
}
