package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.buffer.impl.BufferImpl;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The bytes of one body, copied together as they come, in however small pieces. They lie in blocks
/// that are filled one after another, so that what is held is hardly more than what has come, that
/// nothing but a first block ever grows, and that no array is large. Not safe for several threads
/// while it grows.
public final class BodyBytes {

    /// The length of a block: as much as one read of a connection brings.
    public static final int BLOCK = 64 * 1024;

    /// A first block begins with so much, for a piece may be a single byte.
    private static final int SMALLEST = 512;

    private final int block;
    private final long declared;
    private byte[][] blocks;
    private int count;
    private int length;

    private BodyBytes(int block, long declared, byte[][] blocks) {
        this.block = block;
        this.declared = declared;
        this.blocks = blocks;
    }

    /// Makes room for nothing yet, whatever was declared.
    ///
    /// @param declared how long the body is going to be; the largest number if nobody said so
    public BodyBytes(long declared) {
        this(BLOCK, declared, new byte[1][]);
    }

    /// A body that lies in one array.
    ///
    /// @param bytes the body; not copied
    public static BodyBytes of(byte[] bytes) {
        var body = new BodyBytes(Math.max(1, bytes.length), bytes.length, new byte[][] {bytes});
        body.count = 1;
        body.length = bytes.length;
        return body;
    }

    /// A body in blocks of another length.
    static BodyBytes of(byte[] bytes, int block) {
        var body = new BodyBytes(block, Long.MAX_VALUE, new byte[1][]);
        body.append(Buffer.buffer(bytes));
        return body;
    }

    /// @param more the length of a piece
    /// @return how many bytes more are held once it is appended
    public int growth(int more) {
        return capacity(length + more) - held();
    }

    /// @param piece the next bytes; not kept
    public void append(Buffer piece) {
        reserve(length + piece.length());
        for (var from = 0; from < piece.length(); ) {
            var at = length % block;
            var to = Math.min(piece.length(), from + block - at);
            piece.getBytes(from, to, blocks[length / block], at);
            length += to - from;
            from = to;
        }
    }

    /// @return how many bytes have come
    public int length() {
        return length;
    }

    /// The bytes as buffers that share them, none longer than a block.
    public List<Buffer> buffers() {
        return buffers(0, length);
    }

    List<Buffer> buffers(int from, int to) {
        var buffers = new ArrayList<Buffer>(2 + (to - from) / block);
        for (var at = from; at < to; ) {
            var end = Math.min(to, at + block - at % block);
            var bytes = Unpooled.wrappedBuffer(blocks[at / block], at % block, end - at);
            buffers.add(BufferImpl.buffer(bytes));
            at = end;
        }
        return buffers;
    }

    byte at(int index) {
        return blocks[index / block][index % block];
    }

    /// A part of it as text, malformed bytes replaced.
    String text(int from, int to) {
        var bytes = new byte[to - from];
        for (var at = from; at < to; ) {
            var end = Math.min(to, at + block - at % block);
            System.arraycopy(blocks[at / block], at % block, bytes, at - from, end - at);
            at = end;
        }
        return new String(bytes, UTF_8);
    }

    /// How many blocks there are.
    int blocks() {
        return count;
    }

    byte[] block(int index) {
        return blocks[index];
    }

    /// How much of a block is filled.
    int filled(int index) {
        return Math.min(block, length - index * block);
    }

    private int held() {
        return count == 0 ? 0 : (count - 1) * block + blocks[count - 1].length;
    }

    private int capacity(int needed) {
        if (needed <= held()) {
            return held();
        }
        // Not more than was declared, unless more than that has come.
        var wanted = (int) Math.min(Math.max(declared, needed), Integer.MAX_VALUE);
        if (needed <= block) {
            var doubled = Math.max(SMALLEST, 2 * held());
            return Math.max(needed, Math.min(doubled, Math.min(block, wanted)));
        }
        var last = (needed - 1) / block;
        return last * block + Math.min(block, wanted - last * block);
    }

    private void reserve(int needed) {
        var capacity = capacity(needed);
        if (capacity == held()) {
            return;
        }
        var last = (capacity - 1) / block;
        if (last >= blocks.length) {
            blocks = Arrays.copyOf(blocks, Math.max(last + 1, 2 * blocks.length));
        }
        for (var index = Math.max(0, count - 1); index <= last; index++) {
            var size = index < last ? block : capacity - last * block;
            var filled = blocks[index];
            if (filled == null) {
                blocks[index] = new byte[size];
            } else if (filled.length < size) {
                blocks[index] = Arrays.copyOf(filled, size);
            }
        }
        count = last + 1;
    }
}
