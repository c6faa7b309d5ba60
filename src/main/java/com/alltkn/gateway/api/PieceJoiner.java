package com.alltkn.gateway.api;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/// Joins the chunks that one read of a connection brings. A read of 64 KiB can hold ten thousand of
/// one byte, and behind here each is a message of its own, with several objects: while nobody takes
/// a body, Vert.x counts messages only from one read to the next.
final class PieceJoiner extends ChannelInboundHandlerAdapter {

    /// What is as long goes on as it is.
    private static final int SMALL = 4 * 1024;

    private static final int LONGEST = 64 * 1024;

    private @Nullable ByteBuf joined;

    /// Ten thousand chunks take some milliseconds to find: after each read it is another
    /// connection's turn, not after sixteen.
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        if (context.channel().config().getRecvByteBufAllocator()
                instanceof MaxMessagesRecvByteBufAllocator reads) {
            var _ = reads.maxMessagesPerRead(1);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpContent content
                && !(message instanceof LastHttpContent)
                && content.decoderResult().isSuccess()
                && join(context, content.content())) {
            content.release();
            return;
        }
        passOn(context);
        context.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        passOn(context);
        context.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        passOn(context);
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        joined = null;
    }

    private boolean join(ChannelHandlerContext context, ByteBuf piece) {
        var length = piece.readableBytes();
        if (length > SMALL) {
            return false;
        }
        if (joined != null && joined.readableBytes() + length > LONGEST) {
            passOn(context);
        }
        if (joined == null) {
            // On the heap and nobody's else: Vert.x takes it as it is.
            joined = Unpooled.buffer(Math.max(256, length), LONGEST);
        }
        joined.writeBytes(piece);
        return true;
    }

    private void passOn(ChannelHandlerContext context) {
        var pieces = joined;
        joined = null;
        if (pieces != null) {
            context.fireChannelRead(new DefaultHttpContent(pieces));
        }
    }
}
