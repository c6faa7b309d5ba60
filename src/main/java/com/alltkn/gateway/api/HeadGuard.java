package com.alltkn.gateway.api;

import com.alltkn.gateway.exchange.ExchangeConfig;
import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.SmallRyeConfig;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/// Watches each connection of a caller from its first moment, for Vert.x has no clock for a head
/// and a head that drips is no idle connection. One that is not whole in time, from the connection
/// or its first byte on, ends the connection. So does the empty 400 by which Quarkus refuses a
/// target that is no URL before any route.
///
/// Netty finds it through its service file, if the system property `io.netty.bootstrap.extensions`
/// allows that.
// A native executable knows nothing of a service but what it is told.
@RegisterForReflection
public final class HeadGuard extends ChannelInitializerExtension {

    private final long timeout =
            ConfigProvider.getConfig()
                    .unwrap(SmallRyeConfig.class)
                    .getConfigMapping(ExchangeConfig.class)
                    .headTimeout()
                    .toMillis();

    /// Made by Netty.
    public HeadGuard() {}

    @Override
    public void postInitializeServerChildChannel(Channel child) {
        child.pipeline().addLast(new Arrival(timeout));
    }

    /// Puts the guard where messages are whole objects, which Vert.x has made possible by now; on
    /// the management port, which tells HTTP/1.1 from 2 later, it has not.
    private static final class Arrival extends ChannelInboundHandlerAdapter {

        private final long timeout;

        Arrival(long timeout) {
            this.timeout = timeout;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            var pipeline = context.pipeline();
            var encoder = pipeline.context(HttpResponseEncoder.class);
            if (encoder != null) {
                pipeline.addAfter(encoder.name(), null, new Guard(timeout));
            }
            context.fireChannelActive();
            pipeline.remove(this);
        }
    }

    private static final class Guard extends ChannelDuplexHandler {

        private final long timeout;
        private boolean betweenRequests = true;
        private boolean messageRead;
        private @Nullable ScheduledFuture<?> deadline;

        Guard(long timeout) {
            this.timeout = timeout;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            await(context);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            messageRead = true;
            if (message instanceof HttpRequest) {
                betweenRequests = false;
                stopWaiting();
            }
            if (message instanceof LastHttpContent) {
                betweenRequests = true;
            }
            context.fireChannelRead(message);
        }

        /// Bytes that make no message between two requests are the begin of a head.
        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (betweenRequests && !messageRead && deadline == null) {
                await(context);
            }
            messageRead = false;
            context.fireChannelReadComplete();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            stopWaiting();
            context.fireChannelInactive();
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (message instanceof FullHttpResponse response
                    && response.status().equals(HttpResponseStatus.BAD_REQUEST)
                    && !response.headers().contains("x-request-id")
                    // Who left in the middle of a head gets one, too: there is nothing to close.
                    && context.channel().isActive()) {
                response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
                LastRequest.mark(context.channel());
                var _ =
                        context.write(
                                message, promise.unvoid().addListener(ChannelFutureListener.CLOSE));
            } else {
                var _ = context.write(message, promise);
            }
        }

        private void await(ChannelHandlerContext context) {
            deadline =
                    context.executor()
                            .schedule(() -> close(context), timeout, TimeUnit.MILLISECONDS);
        }

        private static void close(ChannelHandlerContext context) {
            var _ = context.close();
        }

        private void stopWaiting() {
            if (deadline != null) {
                deadline.cancel(false);
                deadline = null;
            }
        }
    }
}
