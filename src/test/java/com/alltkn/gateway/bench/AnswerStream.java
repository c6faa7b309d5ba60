package com.alltkn.gateway.bench;

import java.nio.ByteBuffer;

/// Reads the answers on one connection: their ends, whether each is good, and for event streams
/// each event with the time it was sent at.
final class AnswerStream {

    private enum Part {
        HEAD,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER
    }

    private final MessageHead head = new MessageHead();
    private final Listener listener;

    private Part part = Part.HEAD;
    private long left;
    private boolean good;
    private int trailerLine;
    private int inEvent;
    private boolean feed;
    private long sentAt;

    AnswerStream(Listener listener) {
        this.listener = listener;
    }

    void accept(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            switch (part) {
                case HEAD -> {
                    if (head.take(bytes)) {
                        begin(head.finish());
                    }
                }
                case BODY -> {
                    var taken = (int) Math.min(left, bytes.remaining());
                    bytes.position(bytes.position() + taken);
                    left -= taken;
                    if (left == 0) {
                        end();
                    }
                }
                case CHUNK_SIZE -> size(bytes.get());
                case CHUNK -> {
                    events(bytes);
                    if (left == 0) {
                        part = Part.CHUNK_END;
                    }
                }
                case CHUNK_END -> {
                    if (bytes.get() == '\n') {
                        part = Part.CHUNK_SIZE;
                    }
                }
                case TRAILER -> {
                    var b = bytes.get();
                    if (b == '\n' && trailerLine == 0) {
                        end();
                    } else if (b == '\n') {
                        trailerLine = 0;
                    } else if (b != '\r') {
                        trailerLine++;
                    }
                }
            }
        }
    }

    private void begin(String text) {
        good = text.startsWith("http/1.1 200 ");
        inEvent = 0;
        feed = false;
        if (text.contains("\r\ntransfer-encoding: chunked")) {
            left = 0;
            part = Part.CHUNK_SIZE;
            return;
        }
        left = MessageHead.number(text, "\r\ncontent-length: ", 0);
        part = Part.BODY;
        if (left == 0) {
            end();
        }
    }

    private void size(byte b) {
        var digit = Character.digit(b, 16);
        if (digit >= 0) {
            left = 16 * left + digit;
        } else if (b == '\n') {
            trailerLine = 0;
            part = left == 0 ? Part.TRAILER : Part.CHUNK;
        }
    }

    private void events(ByteBuffer bytes) {
        var to = bytes.position() + (int) Math.min(left, bytes.remaining());
        left -= to - bytes.position();
        var from = bytes.position();
        for (var i = from; i < to; i++) {
            var b = bytes.get(i);
            if (b == '\n') {
                if (feed) {
                    listener.event(inEvent > BenchUpstream.SENT_AT_TO ? sentAt : 0);
                    inEvent = 0;
                    feed = false;
                    continue;
                }
                feed = true;
            } else {
                feed = false;
                if (inEvent >= BenchUpstream.SENT_AT_FROM && inEvent < BenchUpstream.SENT_AT_TO) {
                    sentAt =
                            inEvent == BenchUpstream.SENT_AT_FROM ? b - '0' : 10 * sentAt + b - '0';
                }
            }
            inEvent++;
        }
        bytes.position(to);
    }

    private void end() {
        part = Part.HEAD;
        listener.ended(good);
    }

    /// Is told what was read.
    interface Listener {

        /// @param sentAt the sender's [System#nanoTime()], which is the same clock in every process
        ///   of a Linux machine; 0 if the event does not carry it
        void event(long sentAt);

        void ended(boolean good);
    }
}
