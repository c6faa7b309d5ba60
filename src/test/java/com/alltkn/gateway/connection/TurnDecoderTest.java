package com.alltkn.gateway.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alltkn.gateway.laboratory.Mappings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.core.net.impl.VertxHandler;
import io.vertx.core.spi.metrics.NetworkMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TurnDecoderTest {

    private static final String REQUEST = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

    private static final String CHUNKED =
            "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";

    private final Connections connections =
            new Connections(Mappings.read(ConnectionConfig.class, Map.of()));
    private final EmbeddedChannel channel =
            new EmbeddedChannel(
                    new Door(connections, new HttpServerOptions()),
                    new HttpRequestDecoder(),
                    new HttpResponseEncoder());

    @Test
    void decodesTheNextRequestWhenTheOneBeforeIsAnswered() {
        arrive(REQUEST.repeat(3));

        assertThat(decoded()).isEqualTo(1);
        answer(HttpResponseStatus.OK);
        assertThat(decoded()).isEqualTo(1);
        answer(HttpResponseStatus.OK);
        assertThat(decoded()).isEqualTo(1);
        answer(HttpResponseStatus.OK);
        assertThat(decoded()).isZero();
    }

    @Test
    void takesNoInterimAnswerForTheEnd() {
        arrive(REQUEST.repeat(2));

        decoded();
        answer(HttpResponseStatus.CONTINUE);

        assertThat(decoded()).isZero();
    }

    @Test
    void countsWhatWaitsForItsTurnUntilItIsTaken() {
        var large = REQUEST.replace("\r\n\r\n", "\r\nx: " + "x".repeat(7_000) + "\r\n\r\n");
        arrive(large.repeat(2));

        assertThat(connections.heldBytes()).isGreaterThanOrEqualTo(large.length());
        answer(HttpResponseStatus.OK);
        answer(HttpResponseStatus.OK);
        assertThat(connections.heldBytes()).isZero();
    }

    @Test
    void keepsNoWholeReadForTheBeginningOfAChunk() {
        channel.pipeline()
                .addLast(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object message) {
                                ReferenceCountUtil.release(message);
                            }
                        });
        arrive(CHUNKED);
        for (var i = 0; i < 3; i++) {
            arrive("1\r\nx\r\n".repeat(10_000) + "1\r");
            assertThat(connections.heldBytes()).isLessThan(100);
            arrive("\nx\r\n");
        }

        assertThat(connections.heldBytes()).isZero();
    }

    @Test
    void waitsForItsTurnBehindOthersOfItsKind() {
        var line = connections.turnsOf(channel).ofStrangers(true);
        line.taken(16);
        // Reads no further until the end of a look, as a loop does with its other connections.
        channel.pipeline().fireChannelRead(bytes(REQUEST.repeat(2)));
        assertThat(decoded()).isZero();

        channel.runPendingTasks();
        assertThat(decoded()).isEqualTo(1);
    }

    @Test
    void waitsWithTheRestOfABodyThatIsCutUpSmall() {
        channel.pipeline().fireChannelRead(bytes(CHUNKED + "1\r\nx\r\n".repeat(1_000)));
        assertThat(pieces()).isEqualTo(1_000);
        connections.turnsOf(channel).ofStrangers(true).taken(16);

        channel.pipeline().fireChannelRead(bytes("1\r\nx\r\n".repeat(1_000)));
        assertThat(pieces()).isZero();
        channel.runPendingTasks();
        assertThat(pieces()).isEqualTo(1_000);
    }

    @Test
    void readsNoFurtherWhileItWaitsThanAFirstReadBrings() {
        var vertx = Vertx.vertx();
        var requests = new ArrayList<HttpRequest>();
        channel.pipeline()
                .addLast(VertxHandler.create(context -> new Requests(vertx, context, requests)));
        connections.turnsOf(channel).ofStrangers(true).taken(16);
        var head = CHUNKED.replace("transfer-encoding: chunked", "content-length: 100000");

        channel.pipeline().fireChannelRead(bytes(head + "x".repeat(2_048 - head.length())));
        assertThat(channel.config().isAutoRead()).isFalse();
        assertThat(requests).isEmpty();

        channel.runPendingTasks();
        assertThat(channel.config().isAutoRead()).isTrue();
        assertThat(requests).hasSize(1);
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void doesNotRestWhileItWaits() {
        arrive(REQUEST);
        decoded();
        answer(HttpResponseStatus.OK);
        connections.turnsOf(channel).ofStrangers(false).taken(16);

        channel.pipeline().fireChannelRead(bytes(REQUEST));
        Objects.requireNonNull(Connection.of(channel))
                .look(System.nanoTime() + Duration.ofHours(1).toNanos());
        channel.runPendingTasks();

        assertThat(decoded()).isEqualTo(1);
        assertThat(connections.closed(Closing.IDLE)).isZero();
    }

    @Test
    void tellsOfAnErrorInItsTurn() {
        connections.turnsOf(channel).ofStrangers(true).taken(16);
        channel.pipeline().fireChannelRead(new Exhausted(REQUEST));

        channel.runPendingTasks();

        assertThatThrownBy(channel::checkException).isInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void takesABodyAsItComesThatIsNot() {
        channel.pipeline().fireChannelRead(bytes(CHUNKED + "1\r\nx\r\n"));
        assertThat(pieces()).isEqualTo(1);
        connections.turnsOf(channel).ofStrangers(true).taken(16);

        channel.pipeline().fireChannelRead(bytes("1\r\nx\r\n"));

        assertThat(pieces()).isEqualTo(1);
    }

    @Test
    void forgetsWhatWaitedOnAConnectionThatHasGone() {
        arrive(REQUEST.repeat(1_000));
        assertThat(connections.heldBytes()).isPositive();

        var _ = channel.close();

        assertThat(connections.heldBytes()).isZero();
        assertThat(connections.strangers()).isZero();
    }

    @Test
    void countsNothingThatIsFlushedOnAConnectionThatHasGone() {
        channel.pipeline()
                .addLast(
                        new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelInactive(ChannelHandlerContext context) {
                                context.flush();
                            }
                        });
        arrive(REQUEST.repeat(1_000));

        var _ = channel.close();

        assertThat(connections.heldBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "TE, close", "te, Close, upgrade"})
    void tellsByItselfThatARequestIsItsConnectionsLast(String options) {
        arrive(REQUEST.replace("\r\n\r\n", "\r\nconnection: " + options + "\r\n\r\n"));

        HttpRequest request = channel.readInbound();

        assertThat(request.headers().getAll("connection")).contains(options, "close");
    }

    @Test
    void takesAsManyHeaderFieldsAsProxiesLetThrough() {
        arrive(REQUEST.replace("\r\n\r\n", "\r\n" + "x: y\r\n".repeat(127) + "\r\n"));

        assertThat(next().decoderResult().isSuccess()).isTrue();
    }

    @Test
    void holdsNoMoreHeaderFieldsThanThat() {
        arrive("GET / HTTP/1.1\r\n");
        for (var i = 0; i < 129; i++) {
            arrive(":\r\n");
        }

        assertThat(next().decoderResult().cause()).isInstanceOf(TooLongHttpHeaderException.class);
    }

    @Test
    void countsTheFieldsOfATrailerToo() {
        arrive(CHUNKED + "0\r\n" + "x: y\r\n".repeat(127));

        assertThat(next().decoderResult().isSuccess()).isTrue();
        assertThat(next().decoderResult().cause()).isInstanceOf(TooLongHttpHeaderException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "q: v\r\n", "q: v\r\n\rq: v\r\n"})
    void takesNoFoldedFields(String fields) {
        arrive("GET / HTTP/1.1\r\n" + fields + " x\r\n".repeat(8_000));

        assertThat(next().decoderResult().isFailure()).isTrue();
    }

    @Test
    void takesNoFoldedFieldsOfATrailer() {
        arrive(CHUNKED + "1\r\n \r\n0\r\nq: v\r\n");
        arrive(" x\r\n".repeat(8_000));

        assertThat(next().decoderResult().isSuccess()).isTrue();
        assertThat(next().decoderResult().isSuccess()).isTrue();
        assertThat(next().decoderResult().isFailure()).isTrue();
    }

    @Test
    void makesAFoldAFieldWithoutAName() {
        arrive("GET / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n");
        arrive(" , gzip");
        arrive("\r\n\r\n");

        HttpRequest request = channel.readInbound();

        assertThat(request.headers().get("")).isEqualTo(", gzip");
        assertThat(request.headers().get("transfer-encoding")).isEqualTo("chunked");
    }

    @Test
    void leavesABodyAsItIsThatBeginsWithSpace() {
        arrive(
                CHUNKED.replace("transfer-encoding: chunked", "content-length: 9")
                        + " x\r\n y\r\n ");

        next();
        HttpContent body = channel.readInbound();

        assertThat(body.content().toString(StandardCharsets.US_ASCII)).isEqualTo(" x\r\n y\r\n ");
    }

    private HttpObject next() {
        return channel.readInbound();
    }

    private void arrive(String text) {
        channel.writeInbound(bytes(text));
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private void answer(HttpResponseStatus status) {
        channel.writeOutbound(
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER));
        channel.runPendingTasks();
    }

    private int decoded() {
        return take(HttpRequest.class);
    }

    private int pieces() {
        return take(HttpContent.class);
    }

    private int take(Class<? extends HttpObject> kind) {
        var count = 0;
        for (Object message = channel.readInbound();
                message != null;
                message = channel.readInbound()) {
            count += kind.isInstance(message) ? 1 : 0;
        }
        return count;
    }

    /// Takes the requests of a connection, which it pauses as Vert.x does.
    private static final class Requests extends ConnectionBase {

        private final List<HttpRequest> requests;

        Requests(Vertx vertx, ChannelHandlerContext context, List<HttpRequest> requests) {
            super((ContextInternal) vertx.getOrCreateContext(), context);
            this.requests = requests;
        }

        @Override
        protected void handleMessage(Object message) {
            if (message instanceof HttpRequest request) {
                requests.add(request);
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public @Nullable NetworkMetrics<?> metrics() {
            return null;
        }

        @Override
        protected void handleInterestedOpsChanged() {}
    }

    /// Bytes that cannot be read, for there is no memory.
    private static final class Exhausted extends UnpooledHeapByteBuf {

        Exhausted(String text) {
            super(UnpooledByteBufAllocator.DEFAULT, text.length(), text.length());
            writeCharSequence(text, StandardCharsets.US_ASCII);
        }

        @Override
        public int indexOf(int from, int to, byte value) {
            throw new OutOfMemoryError("none left");
        }
    }
}
