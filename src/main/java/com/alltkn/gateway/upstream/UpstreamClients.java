package com.alltkn.gateway.upstream;

import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.RevisionListener;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.rollout.Stage;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.tracing.TracingPolicy;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The clients of the revisions in use: of the active one and, during a canary, of the candidate.
/// Key, address and connections change together in one swap, so no request sees the new key at the
/// old address or the reverse; attempts under way go on with the client they bound.
@Singleton
public class UpstreamClients implements RevisionListener {

    /// The most that Netty reads at once.
    private static final int LONGEST_PIECE = 64 * 1024;

    private static final int LONGEST_HEAD = 64 * 1024;

    private final Vertx vertx;
    private final UpstreamConfig config;
    private final BreakerConfig breakerConfig;
    private final TlsConfigurationRegistry tls;
    private final AtomicReference<@Nullable InUse> inUse = new AtomicReference<>();

    UpstreamClients(
            Vertx vertx,
            UpstreamConfig config,
            BreakerConfig breakerConfig,
            TlsConfigurationRegistry tls) {
        this.vertx = vertx;
        this.config = config;
        this.breakerConfig = breakerConfig;
        this.tls = tls;
    }

    /// Binds an exchange: to the active revision or, as often as its percentage says, to the
    /// candidate of a canary, by chance.
    ///
    /// @return the client, to be released once; empty while there is no revision
    public Optional<UpstreamClient> tryAcquire() {
        return tryAcquire(InUse::choose);
    }

    /// Binds a further attempt of an exchange, without another choice.
    ///
    /// @param revision what to bind
    /// @return its client or, if it is not in use any more, the active one's, to be released once;
    ///   empty while there is no revision
    public Optional<UpstreamClient> tryAcquire(Revision revision) {
        return tryAcquire(clients -> clients.of(revision));
    }

    /// @return how many breakers of the active revision are open
    public long openBreakers() {
        var clients = inUse.get();
        return clients == null ? 0 : clients.active.openBreakers();
    }

    @Override
    public void promoted(Revision now, @Nullable Revision before) {
        var last = inUse.get();
        var proven = last == null ? null : last.candidate;
        if (proven != null && proven.revision().equals(now)) {
            // It has its connections already.
            swap(new InUse(proven, null));
        } else {
            swap(new InUse(open(now), proven));
        }
    }

    /// The number is part of what an attempt binds, so it changes in the same way.
    @Override
    public void renumbered(Revision now, Revision before) {
        promoted(now, before);
    }

    @Override
    public void entered(Stage stage, @Nullable Revision candidate) {
        var last = inUse.get();
        if (last == null) {
            return;
        }
        if (stage != Stage.CANARY || candidate == null) {
            swap(new InUse(last.active, null));
        } else if (last.candidate == null || !last.candidate.revision().equals(candidate)) {
            swap(new InUse(last.active, open(candidate)));
        }
    }

    private Optional<UpstreamClient> tryAcquire(Function<InUse, UpstreamClient> choice) {
        while (true) {
            var clients = inUse.get();
            if (clients == null) {
                return Optional.empty();
            }
            var client = choice.apply(clients);
            if (client.tryAcquire()) {
                return Optional.of(client);
            }
            // Retired between the two steps: its successor is in place already.
        }
    }

    private void swap(InUse next) {
        var last = inUse.getAndSet(next);
        if (last != null) {
            last.retireBut(next);
        }
    }

    private UpstreamClient open(Revision revision) {
        return new UpstreamClient(
                vertx, revision, options(revision.settings()), config.keepAlive(), breakerConfig);
    }

    private HttpClientOptions options(Settings settings) {
        var options =
                new HttpClientOptions()
                        .setConnectTimeout(
                                Math.toIntExact(AttemptClocks.connect(config, settings).toMillis()))
                        .setTcpNoDelay(true)
                        // As much as one read brings: each piece of an answer is a write to the
                        // caller.
                        .setMaxChunkSize(LONGEST_PIECE)
                        .setDecompressionSupported(false)
                        // Clouds and their proxies add policies and cookies that go nowhere.
                        .setMaxHeaderSize(LONGEST_HEAD)
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

    /// @param active carries what the candidate does not
    /// @param candidate carries a share of the exchanges; null but for a canary
    private record InUse(UpstreamClient active, @Nullable UpstreamClient candidate) {

        UpstreamClient choose() {
            return candidate != null
                            && ThreadLocalRandom.current().nextInt(100)
                                    < candidate.revision().settings().canaryPercent()
                    ? candidate
                    : active;
        }

        UpstreamClient of(Revision revision) {
            return candidate != null && candidate.revision().sameContentAs(revision)
                    ? candidate
                    : active;
        }

        void retireBut(InUse next) {
            if (active != next.active) {
                active.retire();
            }
            if (candidate != null && candidate != next.active && candidate != next.candidate) {
                candidate.retire();
            }
        }
    }
}
