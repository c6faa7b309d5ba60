package com.alltkn.gateway.load.siege;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Bytes to be sent, of which most repeat themselves, so that hundreds of megabytes take no memory.
///
/// @param parts one behind another
record Payload(List<Part> parts) {

    private static final int BLOCK = 64 * 1024;

    static final Payload NOTHING = new Payload(List.of());

    static Payload of(String text) {
        return NOTHING.then(text, 1);
    }

    /// A request with a body of known length.
    static Payload request(Caller caller, String path, Payload body) {
        return of(head(caller, path) + "content-length: " + body.length() + "\r\n\r\n").then(body);
    }

    /// A request with a body of JSON.
    static Payload request(Caller caller, String path, String body) {
        return request(caller, path, of(body));
    }

    /// A request whose body comes in chunks of so many bytes each.
    static Payload chunked(Caller caller, String path, String start, int chunk, long chunks) {
        var size = Integer.toHexString(chunk) + "\r\n";
        return of(head(caller, path)
                        + "transfer-encoding: chunked\r\n\r\n"
                        + Integer.toHexString(start.length())
                        + "\r\n"
                        + start
                        + "\r\n")
                .then(size + "x".repeat(chunk) + "\r\n", chunks);
    }

    private static String head(Caller caller, String path) {
        var type =
                path.startsWith("/v1/audio")
                        ? "multipart/form-data; boundary=b"
                        : "application/json";
        return "POST %s HTTP/1.1\r\nhost: g\r\nauthorization: Bearer %s\r\ncontent-type: %s\r\n"
                .formatted(path, caller.key(), type);
    }

    Payload then(String text) {
        return then(text, 1);
    }

    Payload then(String unit, long times) {
        if (unit.isEmpty()) {
            return this;
        }
        var bytes = unit.getBytes(StandardCharsets.ISO_8859_1);
        var inBlock = Math.clamp(BLOCK / bytes.length, 1, times);
        var more = new ArrayList<>(parts);
        more.add(new Part(repeat(bytes, (int) inBlock), times / inBlock));
        if (times % inBlock > 0) {
            more.add(new Part(repeat(bytes, (int) (times % inBlock)), 1));
        }
        return new Payload(List.copyOf(more));
    }

    Payload then(Payload other) {
        var more = new ArrayList<>(parts);
        more.addAll(other.parts);
        return new Payload(List.copyOf(more));
    }

    /// The same again and again, as many times as any siege can last.
    Payload endlessly() {
        return NOTHING.then(new String(bytes(), StandardCharsets.ISO_8859_1), Integer.MAX_VALUE);
    }

    /// All of it, where it is small.
    byte[] bytes() {
        var all = ByteBuffer.allocate((int) length());
        for (var part : parts) {
            for (var i = 0; i < part.times; i++) {
                all.put(part.block);
            }
        }
        return all.array();
    }

    long length() {
        return parts.stream().mapToLong(part -> part.block.length * part.times).sum();
    }

    private static byte[] repeat(byte[] bytes, int times) {
        var all = ByteBuffer.allocate(bytes.length * times);
        for (var i = 0; i < times; i++) {
            all.put(bytes);
        }
        return all.array();
    }

    /// The same bytes a number of times.
    record Part(byte[] block, long times) {}

    /// Walks through a payload.
    static final class Cursor {

        private final Payload payload;
        private int part = -1;
        private long times;
        private ByteBuffer block = ByteBuffer.allocate(0);

        Cursor(Payload payload) {
            this.payload = payload;
        }

        /// What comes next, to be taken from its front; empty at the end.
        ByteBuffer next() {
            while (!block.hasRemaining()) {
                if (times > 0) {
                    times--;
                    block.rewind();
                } else if (part + 1 < payload.parts.size()) {
                    part++;
                    var following = payload.parts.get(part);
                    block = ByteBuffer.wrap(following.block);
                    times = following.times - 1;
                } else {
                    break;
                }
            }
            return block;
        }
    }
}
