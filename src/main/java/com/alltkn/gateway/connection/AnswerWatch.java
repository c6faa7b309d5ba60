package com.alltkn.gateway.connection;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;

/// Sees the end of each answer, and ends the connection behind the empty 400 by which Quarkus
/// refuses a target that is no URL before any route.
final class AnswerWatch extends ChannelOutboundHandlerAdapter {

    private final TurnDecoder decoder;

    AnswerWatch(TurnDecoder decoder) {
        this.decoder = decoder;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof FullHttpResponse response && refusesTarget(response, context)) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            LastRequest.mark(context.channel());
            var _ =
                    context.write(
                            message, promise.unvoid().addListener(ChannelFutureListener.CLOSE));
        } else {
            var _ = context.write(message, promise);
        }
        if (message instanceof LastHttpContent && !isInterim(message)) {
            decoder.answered(context.pipeline().context(decoder));
        }
    }

    private static boolean refusesTarget(FullHttpResponse response, ChannelHandlerContext context) {
        return response.status().equals(HttpResponseStatus.BAD_REQUEST)
                && !response.headers().contains("x-request-id")
                // Who left in the middle of a head gets one, too: there is nothing to close.
                && context.channel().isActive();
    }

    private static boolean isInterim(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }
}
