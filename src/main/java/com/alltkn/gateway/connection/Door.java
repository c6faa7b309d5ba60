package com.alltkn.gateway.connection;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerOptions;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Stands next to the socket: takes a connection in and out, and counts what does not leave.
final class Door extends ChannelDuplexHandler {

    /// What one IPv6 host has at its free disposal.
    private static final int PREFIX = 8;

    private final Connections all;
    private final HttpServerOptions options;
    private @Nullable Connection connection;

    /// @param options how requests are decoded
    Door(Connections all, HttpServerOptions options) {
        this.all = all;
        this.options = options;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        connection = new Connection(all, context, addressOf(context), all.strangersParty());
        all.opened(connection);
        var arrival = new Arrival(connection, options);
        if (!arrival.tryInstall(context)) {
            context.pipeline().addLast(arrival);
        }
        context.fireChannelActive();
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        context.flush();
        if (connection != null) {
            connection.count();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (connection != null) {
            connection.count();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (connection != null) {
            all.gone(connection);
        }
        context.fireChannelInactive();
    }

    private static Object addressOf(ChannelHandlerContext context) {
        return switch (context.channel().remoteAddress()) {
            case InetSocketAddress remote when remote.getAddress() instanceof Inet6Address six ->
                    ByteBuffer.wrap(six.getAddress(), 0, PREFIX).slice();
            case InetSocketAddress remote when remote.getAddress() != null -> remote.getAddress();
            case null, default -> "elsewhere";
        };
    }

    /// Puts what watches requests and answers in its place as soon as there is one: at once, or
    /// where TLS or the port's own idea of a protocol comes first, before the first byte of HTTP.
    /// Whatever else is spoken then is not.
    private static final class Arrival extends ChannelInboundHandlerAdapter {

        private final Connection connection;
        private final HttpServerOptions options;

        Arrival(Connection connection, HttpServerOptions options) {
            this.connection = connection;
            this.options = options;
        }

        boolean tryInstall(ChannelHandlerContext context) {
            var pipeline = context.pipeline();
            var decoder = pipeline.context(HttpRequestDecoder.class);
            var encoder = pipeline.context(HttpResponseEncoder.class);
            if (decoder == null || encoder == null) {
                return false;
            }
            var turns = new TurnDecoder(options, connection);
            var watch = new AnswerWatch(turns);
            pipeline.replace(decoder.name(), decoder.name(), turns);
            pipeline.addAfter(encoder.name(), null, watch);
            connection.closeAt(pipeline.context(watch));
            if (pipeline.get("h2c") != null) {
                pipeline.addBefore("h2c", null, new NoUpgrade());
            }
            return true;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (tryInstall(context)) {
                context.fireChannelRead(message);
                context.pipeline().remove(this);
            } else {
                ReferenceCountUtil.release(message);
                var _ = context.close();
            }
        }
    }

    /// Keeps a port that would from another protocol.
    private static final class NoUpgrade extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest request) {
                request.headers().remove("upgrade");
                context.pipeline().remove(this);
            }
            context.fireChannelRead(message);
        }
    }
}
