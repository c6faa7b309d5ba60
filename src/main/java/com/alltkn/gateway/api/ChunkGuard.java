package com.alltkn.gateway.api;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;

/// Answers chunks that are none with an empty 400, behind a [PieceJoiner]. Vert.x closes the
/// connection for them and says nothing.
final class ChunkGuard extends ChannelInboundHandlerAdapter {

    private HttpServerRequest latest;

    private ChunkGuard(HttpServerRequest latest) {
        this.latest = latest;
    }

    /// Watches the body of a request.
    ///
    /// @param request a request with chunks, of which none has been read
    static void watch(HttpServerRequest request) {
        if (!(request.connection() instanceof ConnectionBase connection)) {
            return;
        }
        var pipeline = connection.channel().pipeline();
        var guard = pipeline.get(ChunkGuard.class);
        if (guard == null) {
            var vertx = connection.channelHandlerContext().name();
            pipeline.addBefore(vertx, null, new PieceJoiner());
            pipeline.addBefore(vertx, null, new ChunkGuard(request));
        } else {
            guard.latest = request;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpContent content
                && content.decoderResult().isFailure()
                && !latest.isEnded()
                && !latest.response().headWritten()) {
            var answer =
                    new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1, HttpResponseStatus.BAD_REQUEST);
            answer.headers()
                    .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE)
                    .set(HttpHeaderNames.CONTENT_LENGTH, 0);
            var _ = context.writeAndFlush(answer, context.voidPromise());
        }
        context.fireChannelRead(message);
    }
}
