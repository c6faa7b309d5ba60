package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Optional;

/// Reads a `usage` object, in the words of chat and completions (`prompt_tokens`,
/// `completion_tokens`), of responses (`input_tokens`, `output_tokens`) or of embeddings
/// (`prompt_tokens` alone). Anything of another shape is no usage: a wrong count is worse than an
/// unknown one.
public final class UsageReader {
    /// Most digits of a count. What is longer is not a count but an attack on whoever adds them up.
    private static final int MAX_DIGITS = 15;

    private static final byte[] PROMPT = "prompt_tokens".getBytes(US_ASCII);
    private static final byte[] COMPLETION = "completion_tokens".getBytes(US_ASCII);
    private static final byte[] INPUT = "input_tokens".getBytes(US_ASCII);
    private static final byte[] OUTPUT = "output_tokens".getBytes(US_ASCII);

    private static final long ABSENT = -1;
    private static final long UNFIT = -2;

    private UsageReader() {}

    /// Reads the object at the start of a span.
    ///
    /// @param bytes the text
    /// @param from where the value starts
    /// @param to where the text ends; what follows the object is not looked at
    public static Optional<Usage> read(byte[] bytes, int from, int to) {
        var scanner = new JsonScanner(bytes, from, to);
        if (!scanner.enterObject()) {
            return Optional.empty();
        }
        var input = ABSENT;
        var output = ABSENT;
        while (scanner.nextMember()) {
            var countsInput = scanner.keyIs(PROMPT) || scanner.keyIs(INPUT);
            var countsOutput = !countsInput && (scanner.keyIs(COMPLETION) || scanner.keyIs(OUTPUT));
            var valueFrom = scanner.position();
            if (!scanner.skipValue()) {
                return Optional.empty();
            }
            if (countsInput) {
                input = preferCounted(input, count(bytes, valueFrom, scanner.position()));
            } else if (countsOutput) {
                output = preferCounted(output, count(bytes, valueFrom, scanner.position()));
            }
        }
        if (scanner.failure() != null || input < 0 || output == UNFIT) {
            return Optional.empty();
        }
        return Optional.of(new Usage(input, Math.max(output, 0)));
    }

    /// Some upstreams send both words, one of them zero; the larger is the count.
    private static long preferCounted(long before, long now) {
        return before == UNFIT || now == UNFIT ? UNFIT : Math.max(before, now);
    }

    private static long count(byte[] bytes, int from, int to) {
        if (bytes[from] == 'n') {
            return ABSENT;
        }
        if (to - from > MAX_DIGITS) {
            return UNFIT;
        }
        var count = 0L;
        for (var i = from; i < to; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return UNFIT;
            }
            count = count * 10 + (bytes[i] - '0');
        }
        return count;
    }
}
