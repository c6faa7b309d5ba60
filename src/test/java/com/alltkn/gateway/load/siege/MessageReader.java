package com.alltkn.gateway.load.siege;

import java.nio.ByteBuffer;
import java.util.Locale;

/// Reads HTTP/1.1 messages, requests or answers, one behind another, and keeps the beginning of
/// each.
final class MessageReader {

    private enum Part {
        HEAD,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILER
    }

    private static final int KEPT = 16 * 1024;

    private final StringBuilder head = new StringBuilder();
    private final StringBuilder body = new StringBuilder();
    private Part part = Part.HEAD;
    private boolean ended;
    private long left;
    private int inLine;

    /// Reads up to the end of a message; what is behind it is left.
    ///
    /// @return whether it is whole
    boolean read(ByteBuffer bytes) {
        if (ended) {
            ended = false;
            head.setLength(0);
            body.setLength(0);
        }
        while (bytes.hasRemaining() && !ended) {
            switch (part) {
                case HEAD -> head(bytes.get());
                case BODY -> {
                    keep(bytes);
                    ended = left == 0;
                }
                case CHUNK_SIZE -> size(bytes.get());
                case CHUNK -> {
                    keep(bytes);
                    if (left == 0) {
                        part = Part.CHUNK_END;
                    }
                }
                case CHUNK_END -> {
                    if (bytes.get() == '\n') {
                        part = Part.CHUNK_SIZE;
                    }
                }
                case TRAILER -> trailer(bytes.get());
            }
        }
        if (ended) {
            part = Part.HEAD;
        }
        return ended;
    }

    /// Whether a message has begun and not ended.
    boolean isWithin() {
        return !ended && !head.isEmpty();
    }

    /// The status of an answer.
    int status() {
        var from = "HTTP/1.1 ".length();
        return head.length() < from + 3 ? 0 : Integer.parseInt(head, from, from + 3, 10);
    }

    /// Whether the sender closes the connection behind this message.
    boolean isLast() {
        return header("connection").equalsIgnoreCase("close");
    }

    /// The first of the body.
    CharSequence body() {
        return body;
    }

    private void head(byte b) {
        head.append((char) (b & 0xff));
        var length = head.length();
        if (b != '\n' || length < 4 || head.charAt(length - 3) != '\n') {
            return;
        }
        if (header("transfer-encoding").equalsIgnoreCase("chunked")) {
            left = 0;
            part = Part.CHUNK_SIZE;
            return;
        }
        var announced = header("content-length");
        left = announced.isEmpty() ? 0 : Long.parseLong(announced);
        part = Part.BODY;
        ended = left == 0;
    }

    private String header(String name) {
        var from = head.toString().toLowerCase(Locale.ROOT).indexOf("\r\n" + name + ":");
        if (from < 0) {
            return "";
        }
        var value = from + name.length() + 3;
        return head.substring(value, head.indexOf("\r\n", value)).strip();
    }

    private void keep(ByteBuffer bytes) {
        var taken = (int) Math.min(left, bytes.remaining());
        left -= taken;
        var to = bytes.position() + taken;
        while (bytes.position() < to && body.length() < KEPT) {
            body.append((char) (bytes.get() & 0xff));
        }
        bytes.position(to);
    }

    private void size(byte b) {
        var digit = Character.digit(b, 16);
        if (digit >= 0) {
            left = 16 * left + digit;
        } else if (b == '\n') {
            inLine = 0;
            part = left == 0 ? Part.TRAILER : Part.CHUNK;
        }
    }

    private void trailer(byte b) {
        if (b == '\n') {
            ended = inLine == 0;
            inLine = 0;
        } else if (b != '\r') {
            inLine++;
        }
    }
}
