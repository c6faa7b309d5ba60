package com.alltkn.gateway.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;

/// Marks a connection on which nothing more may be read as a request. Vert.x hands a pipelined one
/// on as soon as the one before is answered, whatever the answer's `connection` header says.
public final class LastRequest {

    private static final AttributeKey<Boolean> MARK =
            AttributeKey.valueOf(LastRequest.class, "mark");

    private LastRequest() {}

    /// Tells whether an earlier request of the same connection was its last.
    ///
    /// @param request a request that has just arrived
    /// @return whether it must not be looked at
    public static boolean wasBefore(HttpServerRequest request) {
        return request.connection() instanceof ConnectionBase connection
                && connection.channel().hasAttr(MARK);
    }

    /// Makes a request the last of its connection.
    ///
    /// @param request a request that is not answered yet
    public static void mark(HttpServerRequest request) {
        if (request.connection() instanceof ConnectionBase connection) {
            mark(connection.channel());
            connection
                    .channelHandlerContext()
                    .pipeline()
                    .addBefore(connection.channelHandlerContext().name(), null, new OwnVersion());
        }
    }

    /// Lets no further request of a connection be looked at.
    ///
    /// @param connection its channel
    static void mark(Channel connection) {
        connection.attr(MARK).set(true);
    }

    /// Answers in HTTP/1.1 whatever version was asked with: Vert.x would repeat that.
    private static final class OwnVersion extends ChannelOutboundHandlerAdapter {

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
                throws Exception {
            if (message instanceof HttpResponse response
                    && !response.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
                response.setProtocolVersion(HttpVersion.HTTP_1_1);
            }
            super.write(context, message, promise);
        }
    }
}
