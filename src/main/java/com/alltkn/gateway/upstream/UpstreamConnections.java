package com.alltkn.gateway.upstream;

import com.alltkn.gateway.upstream.UpstreamRequest.Reuse;
import io.netty.channel.EventLoop;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.impl.HttpChannelConnector;
import io.vertx.core.http.impl.HttpClientConnection;
import io.vertx.core.http.impl.HttpClientImpl;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.net.impl.NetClientImpl;
import io.vertx.core.net.impl.pool.ConnectionPool;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The connections of one revision to its upstream. Each belongs to the event loop that made it,
/// and so do the idle ones, so that no request waits for another loop's lock.
///
/// There is no queue: how many are in use is [ConnectionShares]' to say, and whoever may use one
/// finds an idle one or makes another. Vert.x' own pool bounds each loop's connections by
/// themselves, hands out what has been idle for too long until a timer finds it, and says neither
/// that a connection is an old one nor how to get a new one.
final class UpstreamConnections {

    private static final Duration SWEEP = Duration.ofSeconds(1);

    private final HttpClientOptions options;
    private final AnswerCodec.KeyMasks masks;
    private final KeepAlive keepAlive;
    private final HttpClientImpl client;
    private final HttpChannelConnector connector;
    private final Map<EventLoop, Idle> perLoop = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /// @param options how connections are made
    /// @param host upstream's name
    /// @param port its port
    /// @param masks what hides the key that goes out on them
    /// @param kept how long one may be idle where upstream says nothing about that
    UpstreamConnections(
            Vertx vertx,
            HttpClientOptions options,
            String host,
            int port,
            AnswerCodec.KeyMasks masks,
            Duration kept) {
        this.options = options;
        this.masks = masks;
        this.keepAlive = new KeepAlive(kept, System::nanoTime);
        // Its pool stays empty, so there is nothing to clean.
        var without = new PoolOptions().setCleanerPeriod(0);
        if (!(vertx.httpClientBuilder().with(options).with(without).build()
                instanceof HttpClientImpl made)) {
            throw new IllegalStateException("not a client of Vert.x' own");
        }
        this.client = made;
        if (!(made.netClient() instanceof NetClientImpl sockets)) {
            throw new IllegalStateException("not a client of Vert.x' own");
        }
        var named = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        this.connector =
                new HttpChannelConnector(
                        made,
                        sockets,
                        null,
                        null,
                        HttpVersion.HTTP_1_1,
                        options.isSsl(),
                        false,
                        SocketAddress.inetSocketAddress(port, named),
                        SocketAddress.inetSocketAddress(port, host));
    }

    /// Finds a connection for one request.
    ///
    /// @param context of the event loop that it is to belong to
    /// @param reuse which of the idle ones it may be
    Future<UpstreamConnection> connect(ContextInternal context, Reuse reuse) {
        var idle = perLoop.computeIfAbsent(context.nettyEventLoop(), Idle::new);
        var old = idle.take(reuse);
        if (old != null) {
            return context.succeededFuture(old);
        }
        var promise = context.<UpstreamConnection>promise();
        connector.httpConnect(
                // It outlives the exchange that it is made for.
                ConnectionPool.EVENT_LOOP_CONTEXT_PROVIDER.apply(context),
                made -> {
                    if (made.succeeded()) {
                        promise.complete(prepare(made.result(), idle));
                    } else {
                        promise.fail(made.cause());
                    }
                });
        return promise.future();
    }

    /// Closes all of them. Called when nobody uses one.
    void close() {
        closed = true;
        client.close();
    }

    private UpstreamConnection prepare(HttpClientConnection made, Idle idle) {
        // Who uses a connection is told of its failure; nobody needs it in the log.
        made.exceptionHandler(_ -> {});
        if (!(made instanceof ConnectionBase base)) {
            throw new IllegalStateException("not a connection of Vert.x' own");
        }
        // TLS keeps a buffer as large as what arrived in a row, 2 MiB for the sixteen reads that
        // are usual, for as long as the connection stands still.
        if (base.channel().config().getRecvByteBufAllocator()
                instanceof MaxMessagesRecvByteBufAllocator reads) {
            var _ = reads.maxMessagesPerRead(1);
        }
        return new UpstreamConnection(made, AnswerCodec.install(base, options, masks), idle);
    }

    /// The idle connections of one event loop, the one that was used last at the end. What has
    /// ended or was idle for too long is never handed out; a look at them once in a while closes
    /// it, too.
    private final class Idle implements UpstreamConnection.Home {

        private final EventLoop loop;
        private final Deque<UpstreamConnection> connections = new ArrayDeque<>();
        private boolean sweeping;

        Idle(EventLoop loop) {
            this.loop = loop;
        }

        @Nullable UpstreamConnection take(Reuse reuse) {
            if (reuse == Reuse.NONE) {
                return null;
            }
            var now = System.nanoTime();
            var most = keepAlive.most();
            for (var last = connections.peekLast(); last != null; last = connections.peekLast()) {
                if (last.isSpent(now, most)) {
                    connections.removeLast();
                    last.close();
                } else if (reuse == Reuse.WARM
                        && last.idleFor(now).compareTo(UpstreamConnection.LONG_IDLE) >= 0) {
                    return null;
                } else {
                    connections.removeLast();
                    last.take(now);
                    return last;
                }
            }
            return null;
        }

        @Override
        public KeepAlive keepAlive() {
            return keepAlive;
        }

        @Override
        public void add(UpstreamConnection connection) {
            if (closed) {
                connection.close();
                return;
            }
            connections.addLast(connection);
            if (!sweeping) {
                sweepLater();
            }
        }

        private void sweepLater() {
            sweeping = true;
            var _ = loop.schedule(this::sweep, SWEEP.toMillis(), TimeUnit.MILLISECONDS);
        }

        private void sweep() {
            var now = System.nanoTime();
            var most = keepAlive.most();
            connections.removeIf(connection -> {
                var spent = connection.isSpent(now, most);
                if (spent) {
                    connection.close();
                }
                return spent;
            });
            sweeping = false;
            if (!connections.isEmpty()) {
                sweepLater();
            }
        }
    }
}
