package com.alltkn.gateway.connection;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.vertx.core.http.HttpServerOptions;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TurnDecoderTest {

    private static final String REQUEST = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";

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
    void makesAStrangerWaitForItsTurnOnceItIsAnswered() {
        channel.freezeTime();
        arrive(REQUEST.repeat(1_000));
        var decoded = decoded();

        for (var i = 0; i < 1_000; i++) {
            answer(HttpResponseStatus.UNAUTHORIZED);
            decoded += decoded();
        }

        assertThat(decoded).isBetween(101, 999);
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
    void forgetsWhatWaitedOnAConnectionThatHasGone() {
        arrive(REQUEST.repeat(1_000));
        assertThat(connections.heldBytes()).isPositive();

        var _ = channel.close();

        assertThat(connections.heldBytes()).isZero();
        assertThat(connections.strangers()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "TE, close", "te, Close, upgrade"})
    void tellsByItselfThatARequestIsItsConnectionsLast(String options) {
        arrive(REQUEST.replace("\r\n\r\n", "\r\nconnection: " + options + "\r\n\r\n"));

        HttpRequest request = channel.readInbound();

        assertThat(request.headers().getAll("connection")).contains(options, "close");
    }

    private void arrive(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    private void answer(HttpResponseStatus status) {
        channel.writeOutbound(
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER));
        channel.runPendingTasks();
    }

    private int decoded() {
        var requests = 0;
        for (Object message = channel.readInbound();
                message != null;
                message = channel.readInbound()) {
            requests += message instanceof HttpRequest ? 1 : 0;
        }
        return requests;
    }
}
