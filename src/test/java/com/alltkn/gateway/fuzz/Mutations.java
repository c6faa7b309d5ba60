package com.alltkn.gateway.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.random.RandomGenerator;

/// Inputs that are a few steps away from a seed.
final class Mutations {

    private static final byte[] MARKS =
            "{}[]():,;=\"'\\/.%?#@-_*+ \t\r\n09azAZ\0\u007f".getBytes(StandardCharsets.US_ASCII);

    private final List<byte[]> seeds;
    private final RandomGenerator random;

    Mutations(List<byte[]> seeds, RandomGenerator random) {
        this.seeds = seeds;
        this.random = random;
    }

    byte[] next() {
        var input = seed();
        for (var steps = 1 + random.nextInt(4); steps > 0; steps--) {
            input = mutated(input);
        }
        return input;
    }

    private byte[] mutated(byte[] input) {
        var from = random.nextInt(input.length + 1);
        var to = Math.min(input.length, from + random.nextInt(24));
        return switch (random.nextInt(6)) {
            case 0 -> spliced(input, from, to, new byte[0]);
            case 1 -> spliced(input, from, from, spanOf(input));
            case 2 -> spliced(input, from, to, spanOf(seed()));
            case 3 -> spliced(input, from, from, mark());
            case 4 -> spliced(input, from, Math.min(input.length, from + 1), mark());
            default -> {
                var any = new byte[1];
                random.nextBytes(any);
                yield spliced(input, from, Math.min(input.length, from + 1), any);
            }
        };
    }

    private byte[] seed() {
        return seeds.get(random.nextInt(seeds.size()));
    }

    private byte[] mark() {
        return new byte[] {MARKS[random.nextInt(MARKS.length)]};
    }

    private byte[] spanOf(byte[] other) {
        var from = random.nextInt(other.length + 1);
        var length = Math.min(other.length - from, random.nextInt(64));
        return spliced(new byte[0], 0, 0, other, from, length);
    }

    private static byte[] spliced(byte[] input, int from, int to, byte[] middle) {
        return spliced(input, from, to, middle, 0, middle.length);
    }

    private static byte[] spliced(
            byte[] input, int from, int to, byte[] middle, int middleFrom, int length) {
        var result = new ByteArrayOutputStream(input.length + length);
        result.write(input, 0, from);
        result.write(middle, middleFrom, length);
        result.write(input, to, input.length - to);
        return result.toByteArray();
    }
}
