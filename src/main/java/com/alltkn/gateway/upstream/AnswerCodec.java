package com.alltkn.gateway.upstream;

import com.alltkn.gateway.secret.SecretMask;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads one answer for each request of a connection, and nothing else. Bytes behind an answer
/// would be the next request's, which may be another caller's; so would an answer to a request of
/// which the rest is still to be sent. Such a connection is used no more. Interim answers (RFC
/// 9110, 15.2) mean nothing here and are left out, whichever they are; Vert.x knows two of them and
/// takes any other for the answer.
final class AnswerCodec
        extends CombinedChannelDuplexHandler<AnswerCodec.Decoder, HttpRequestEncoder> {

    private AnswerCodec(HttpDecoderConfig config, KeyMasks masks) {
        super(new Decoder(config, masks), new HttpRequestEncoder());
    }

    /// Takes the place of the codec of a connection.
    ///
    /// @param connection a connection on which nothing was sent yet
    /// @param options what its own codec was made with
    /// @param masks what hides the key that goes out on it: no header of an answer shows it
    /// @return the codec
    static AnswerCodec install(
            ConnectionBase connection, HttpClientOptions options, KeyMasks masks) {
        var config =
                new HttpDecoderConfig()
                        .setMaxInitialLineLength(options.getMaxInitialLineLength())
                        .setMaxHeaderSize(options.getMaxHeaderSize())
                        .setMaxChunkSize(options.getMaxChunkSize())
                        .setInitialBufferSize(options.getDecoderInitialBufferSize());
        var codec = new AnswerCodec(config, masks);
        var _ = connection.channel().pipeline().replace(HttpClientCodec.class, "codec", codec);
        return codec;
    }

    /// Whether upstream has sent anything, be it a part of a head, since the last request began.
    boolean heard() {
        return inboundHandler().heard;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
            throws Exception {
        var decoder = inboundHandler();
        var written = promise;
        if (message instanceof HttpRequest) {
            decoder.awaited = true;
            decoder.sent = false;
            decoder.heard = false;
        }
        if (message instanceof LastHttpContent) {
            written = promise.unvoid().addListener(_ -> decoder.sent = true);
        }
        super.write(context, message, written);
    }

    /// What hides one key.
    ///
    /// @param inTexts in values and bodies
    /// @param inNames in names of headers, which come in any case
    record KeyMasks(SecretMask inTexts, SecretMask inNames) {}

    static final class Decoder extends HttpResponseDecoder {

        /// More than servers send: a field of three bytes takes a hundred.
        private static final int MOST_FIELDS = 256;

        private final KeyMasks masks;
        private boolean awaited;
        private boolean sent;
        private boolean heard;
        private boolean interim;
        private int fields;
        private @Nullable HttpResponse head;

        Decoder(HttpDecoderConfig config, KeyMasks masks) {
            super(config);
            this.masks = masks;
        }

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf bytes, List<Object> out)
                throws Exception {
            heard |= bytes.isReadable();
            if (!awaited) {
                refuse(context, bytes);
                return;
            }
            var from = out.size();
            super.decode(context, bytes, out);
            for (var i = from; i < out.size(); i++) {
                var message = out.get(i);
                if (message instanceof HttpResponse response) {
                    head = response;
                    hideKey(response.headers());
                    interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
                    if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
                        // Nobody asked for another protocol, and no answer follows in this one.
                        refuse(context, bytes);
                    }
                    if (!interim && !HttpUtil.isKeepAlive(response)) {
                        // Vert.x overlooks it beside another option, "Upgrade, close" say.
                        closes(response);
                    }
                }
                var last = message instanceof LastHttpContent;
                if (interim) {
                    out.remove(i--);
                } else if (last) {
                    ended(context, bytes);
                }
            }
        }

        @Override
        protected HttpMessage createMessage(String[] initialLine) {
            fields = 0;
            return super.createMessage(initialLine);
        }

        @Override
        protected AsciiString splitHeaderName(byte[] line, int start, int length) {
            fields++;
            if (fields > MOST_FIELDS) {
                throw new TooLongHttpHeaderException("more than " + MOST_FIELDS + " fields");
            }
            return super.splitHeaderName(line, start, length);
        }

        private void hideKey(HttpHeaders headers) {
            for (var header : headers.entries()) {
                if (masks.inNames().finds(header.getKey())) {
                    headers.remove(header.getKey());
                } else if (masks.inTexts().finds(header.getValue())) {
                    headers.set(header.getKey(), "***");
                }
            }
        }

        private void ended(ChannelHandlerContext context, ByteBuf rest) {
            awaited = false;
            if ((rest.isReadable() || !sent) && head != null) {
                rest.skipBytes(rest.readableBytes());
                closes(head);
            }
            if (!sent) {
                // It would wait until all is sent, which an upstream that reads no more prevents.
                context.executor()
                        .execute(() -> {
                            var _ = context.close();
                        });
            }
            head = null;
        }

        /// Vert.x looks at this once the answer has ended.
        private static void closes(HttpResponse response) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }

        private static void refuse(ChannelHandlerContext context, ByteBuf bytes) {
            bytes.skipBytes(bytes.readableBytes());
            var _ = context.close();
        }
    }
}
