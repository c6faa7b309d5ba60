package com.alltkn.gateway.fuzz;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// The ways in which a text can arrive in parts. Which of them is drawn from the text itself, so
/// that an input always means the same.
public final class Splits {

    private static final int FEW = 4096;

    private Splits() {}

    /// Byte by byte where that is not too many, and twice at random.
    public static List<List<Buffer>> of(byte[] text) {
        var random = new Random(Arrays.hashCode(text));
        var splits = new ArrayList<List<Buffer>>();
        if (text.length <= FEW) {
            splits.add(split(text, random, 1));
        }
        splits.add(split(text, random, 16 + text.length / 100));
        splits.add(split(text, random, 1 + text.length));
        return splits;
    }

    private static List<Buffer> split(byte[] text, Random random, int longest) {
        var parts = new ArrayList<Buffer>();
        var whole = Buffer.buffer(text);
        for (var from = 0; from < text.length; ) {
            var to = Math.min(text.length, from + 1 + random.nextInt(longest));
            parts.add(whole.slice(from, to));
            from = to;
        }
        return parts;
    }
}
