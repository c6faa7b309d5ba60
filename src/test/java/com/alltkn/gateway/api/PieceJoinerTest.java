package com.alltkn.gateway.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PieceJoinerTest {

    private static final String HEAD = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";

    private final EmbeddedChannel channel =
            new EmbeddedChannel(new HttpRequestDecoder(8192, 8192, 65_536), new PieceJoiner());

    @Test
    void joinsTheChunksOfOneRead() {
        receive(HEAD + "1\r\na\r\n".repeat(10_000));

        assertThat(read()).containsExactly("head", "a".repeat(10_000));
    }

    @Test
    void keepsPiecesShorterThanARead() {
        receive(HEAD);
        receive("1\r\na\r\n".repeat(70_000));

        assertThat(read()).containsExactly("head", "a".repeat(65_536), "a".repeat(4_464));
    }

    @Test
    void letsOtherConnectionsHaveTheirTurnAfterEachRead() {
        var reads = (MaxMessagesRecvByteBufAllocator) channel.config().getRecvByteBufAllocator();

        assertThat(reads.maxMessagesPerRead()).isEqualTo(1);
    }

    @Test
    void waitsForNoOtherRead() {
        receive(HEAD);
        receive("1\r\na\r\n");
        receive("1\r\nb\r\n1\r\nc");
        receive("\r\n0\r\n\r\n");

        assertThat(read()).containsExactly("head", "a", "bc", "end");
    }

    @Test
    void keepsTheOrderOfWhatIsLongOrEndsTheBody() {
        var longOne = "l".repeat(5_000);

        receive(HEAD + "1\r\na\r\n1388\r\n" + longOne + "\r\n1\r\nb\r\n0\r\n\r\n" + HEAD);

        assertThat(read()).containsExactly("head", "a", longOne, "b", "end", "head");
    }

    @Test
    void passesAChunkThatIsNoneOnBehindWhatCameBefore() {
        receive(HEAD + "1\r\na\r\nzz\r\n");

        assertThat(read()).containsExactly("head", "a", "failure");
    }

    private void receive(String bytes) {
        channel.writeInbound(Unpooled.copiedBuffer(bytes, US_ASCII));
    }

    private List<String> read() {
        var messages = new ArrayList<String>();
        for (Object message; (message = channel.readInbound()) != null; ) {
            messages.add(
                    switch (message) {
                        case HttpRequest _ -> "head";
                        case HttpContent content when content.decoderResult().isFailure() ->
                                "failure";
                        case LastHttpContent _ -> "end";
                        case HttpContent content -> content.content().toString(US_ASCII);
                        default -> message.toString();
                    });
        }
        return messages;
    }
}
