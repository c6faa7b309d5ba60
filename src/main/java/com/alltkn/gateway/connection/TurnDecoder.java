package com.alltkn.gateway.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpConstants;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.net.impl.VertxHandler;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decodes one request at a time: the next one when the one before is answered and the answer has
/// gone, but for a little. Until then its bytes wait as they are, for a decoded request takes many
/// times as much; and they are read on up to a bound, for as long as that is done the caller's end
/// is noticed. They wait for one of the [Turns], too.
///
/// Of header fields it takes a number that is enough for everybody, trailers included, and none
/// that is folded: a field of three bytes takes a hundred, and for each fold Netty copies the
/// value.
final class TurnDecoder extends VertxHttpRequestDecoder {

    /// Less than this is not worth a look at how much it may be.
    private static final int LITTLE = 32 * 1024;

    /// A buffer of this size is not worth a smaller one.
    private static final int ROOMY = 2 * 1024;

    /// More than this is not read while it is another's turn, which is not for long. It is what a
    /// connection's first read brings at most: the next one might bring thirty times as much.
    private static final int BRIEF = 2 * 1024;

    /// So many pieces of a body take as long as a small request.
    private static final int MANY_PIECES = 128;

    /// As much as proxies usually let through.
    private static final int MOST_FIELDS = 128;

    private final Connection connection;
    private ByteBuf input = Unpooled.EMPTY_BUFFER;
    private int fields;
    private boolean inFields;
    private int pieces;
    private int cost;
    private boolean chopped;
    private boolean turn;
    private boolean granted;
    private boolean waiting;
    private boolean reading;
    private boolean answeredMeanwhile;
    private boolean resuming;
    private boolean stopped;

    TurnDecoder(HttpServerOptions options, Connection connection) {
        super(options);
        this.connection = connection;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
            throws Exception {
        if (!mayDecode()) {
            return;
        }
        input = in;
        if (inFields) {
            unfold(in);
        }
        super.decode(context, in, out);
        input = Unpooled.EMPTY_BUFFER;
        if (out.isEmpty()) {
            if (!connection.isInMessage()) {
                connection.headBegan();
            }
            return;
        }
        inFields = false;
        pieces += out.size();
        for (var i = 0; i < out.size(); i++) {
            var message = out.get(i);
            if (message instanceof HttpRequest request) {
                cost++;
                connection.requestBegan();
                if (!HttpUtil.isKeepAlive(request)) {
                    // Vert.x overlooks it beside another option, "TE, close" say.
                    request.headers().add(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
                }
            }
            if (message instanceof LastHttpContent) {
                connection.requestEnded();
            }
        }
    }

    /// A body is taken as it comes, for it is counted and bounded elsewhere, but for one that is
    /// cut up small.
    private boolean mayDecode() {
        return connection.mayDecode() && (turn || (connection.isInMessage() && !chopped));
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) {
        fields = 0;
        return super.createMessage(initialLine);
    }

    /// Called for each header field that is not folded, of a head or a trailer.
    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        fields++;
        if (fields > MOST_FIELDS) {
            throw new TooLongHttpHeaderException("more than " + MOST_FIELDS + " header fields");
        }
        if (!inFields) {
            inFields = true;
            unfold(input);
        }
        return super.splitHeaderName(line, start, length);
    }

    /// Makes a field without a name, which is refused, of each line that would go on with the one
    /// before.
    private static void unfold(ByteBuf in) {
        var line = in.readerIndex();
        while (line < in.writerIndex() && !endsFields(in, line)) {
            var first = in.getByte(line);
            if (first == HttpConstants.SP || first == HttpConstants.HT) {
                in.setByte(line, HttpConstants.COLON);
            }
            var feed = in.indexOf(line, in.writerIndex(), HttpConstants.LF);
            if (feed < 0) {
                return;
            }
            line = feed + 1;
        }
    }

    private static boolean endsFields(ByteBuf in, int line) {
        var first = in.getByte(line);
        return first == HttpConstants.LF
                || (first == HttpConstants.CR
                        && (line + 1 == in.writerIndex()
                                || in.getByte(line + 1) == HttpConstants.LF));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) throws Exception {
        super.handlerAdded(context);
        connection.whenKnown(() -> resume(context));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (granted) {
            read(context, message);
        } else {
            var line = connection.line();
            turn = !waiting && (line.isFree() || connection.mayNotWait());
            read(context, message);
            line.taken(cost);
        }
    }

    private void read(ChannelHandlerContext context, Object message) throws Exception {
        reading = true;
        pieces = 0;
        cost = 0;
        try {
            super.channelRead(context, message);
        } finally {
            reading = false;
        }
        cost += pieces / MANY_PIECES;
        chopped = connection.isInMessage() && (chopped || pieces > MANY_PIECES);
        if (answeredMeanwhile) {
            answeredMeanwhile = false;
            connection.turnOver();
            resume(context);
        }
        awaitTurn(context);
        hold(context);
    }

    private void awaitTurn(ChannelHandlerContext context) {
        if (!waiting && internalBuffer().isReadable() && connection.mayDecode() && !mayDecode()) {
            waiting = true;
            connection.awaitsTurn();
            connection.line().await(() -> takeTurn(context));
        }
    }

    /// @return what it cost
    private int takeTurn(ChannelHandlerContext context) {
        waiting = false;
        turn = true;
        granted = true;
        cost = 0;
        try {
            goOn(context);
        } finally {
            granted = false;
        }
        return cost;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        if (stopped) {
            // The decoder would ask for more by itself, as it has made nothing of what came.
            discardSomeReadBytes();
            context.fireChannelReadComplete();
        } else {
            super.channelReadComplete(context);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
        super.channelWritabilityChanged(context);
        if (context.channel().isWritable()) {
            resume(context);
        }
    }

    /// Tells that the last piece of an answer has been written.
    void answered(ChannelHandlerContext context) {
        if (reading) {
            answeredMeanwhile = true;
        } else {
            connection.turnOver();
            resume(context);
        }
    }

    /// Goes on with what waits, in a turn of its own: Vert.x must have done with the answer, and
    /// others want their turn, too.
    private void resume(ChannelHandlerContext context) {
        if (resuming || !internalBuffer().isReadable()) {
            return;
        }
        resuming = true;
        context.executor().execute(() -> goOn(context));
    }

    private void goOn(ChannelHandlerContext context) {
        resuming = false;
        if (context.isRemoved()) {
            return;
        }
        try {
            if (stopped) {
                stopped = false;
                var vertx = vertx(context);
                if (vertx != null) {
                    vertx.doResume();
                }
            }
            channelRead(context, Unpooled.EMPTY_BUFFER);
            channelReadComplete(context);
        } catch (Throwable e) {
            // As Netty does with whatever a read has thrown: memory may be what there is none of.
            context.fireExceptionCaught(e);
        }
    }

    private void hold(ChannelHandlerContext context) {
        var buffer = internalBuffer();
        if (buffer.isReadable()) {
            shrink(buffer);
        }
        connection.holdInput(buffer.capacity());
        if (holdsEnough(buffer.readableBytes())) {
            var vertx = vertx(context);
            if (vertx != null) {
                // By its own means, for it stops and goes on reading for its own reasons, too.
                vertx.doPause();
                stopped = true;
            }
        }
    }

    private boolean holdsEnough(int bytes) {
        return waiting
                ? bytes >= BRIEF
                : bytes >= LITTLE && !mayDecode() && bytes >= connection.mostInput();
    }

    /// Keeps no whole read for the beginning of a line that it ended with.
    private static void shrink(ByteBuf buffer) {
        var rest = buffer.readableBytes();
        if (buffer.capacity() > ROOMY && rest < buffer.capacity() / 4 && buffer.refCnt() == 1) {
            buffer.discardReadBytes().capacity(rest);
        }
    }

    private static @Nullable ConnectionBase vertx(ChannelHandlerContext context) {
        var handler = context.pipeline().get(VertxHandler.class);
        return handler == null ? null : handler.getConnection();
    }
}
