package com.alltkn.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.fuzz.Splits;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// What is heard of a JSON answer is the same however it is split; it counts as whole exactly when
/// it is; and its usage is found by its end as it is found in the whole.
public final class JsonAnswerFuzz {

    private static final int BEYOND_THE_WINDOW = 17 * 1024;
    private static final int CUTS = 8;

    private JsonAnswerFuzz() {}

    /// Fails if something does not hold for these bytes.
    public static void check(byte[] answer) {
        checkSplits(answer);
        var members = StrictJson.object(answer);
        if (members.isPresent()) {
            checkUsage(answer, members.get());
        } else {
            assertThat(usage(List.of(Buffer.buffer(answer)))).isEmpty();
        }
        if (StrictJson.isDelimited(answer)) {
            checkBalance(answer);
        }
    }

    private static void checkSplits(byte[] answer) {
        var whole = List.of(Buffer.buffer(answer));
        var usage = usage(whole);
        var isWhole = isWhole(whole);
        for (var split : Splits.of(answer)) {
            assertThat(usage(split)).isEqualTo(usage);
            assertThat(isWhole(split)).isEqualTo(isWhole);
        }
    }

    private static void checkUsage(byte[] answer, List<StrictJson.Member> members) {
        var usage = usage(List.of(Buffer.buffer(answer)));
        var names = new HashSet<String>();
        var isPlain = members.stream().map(StrictJson.Member::name).allMatch(names::add);
        if (!isPlain || names.contains("response")) {
            return;
        }
        var counted =
                members.stream()
                        .filter(m -> m.name().equals("usage"))
                        .filter(m -> m.kind() == JsonToken.START_OBJECT)
                        .findFirst();
        if (counted.isEmpty()) {
            assertThat(usage).isEmpty();
        }
        var after = usage(List.of(Buffer.buffer(behindMuch(answer, members.isEmpty()))));
        // A name in another spelling is not found by the end.
        assertThat(after).isIn(usage, Optional.empty());
        if (new String(answer, US_ASCII).split("\"usage\"", -1).length == 2) {
            assertThat(after).isEqualTo(usage);
        }
    }

    /// A long member put in front of the others.
    private static byte[] behindMuch(byte[] answer, boolean isEmpty) {
        var inside = new String(answer, US_ASCII).indexOf('{') + 1;
        var text = "x".repeat(BEYOND_THE_WINDOW);
        var member = ("\"long\":\"" + text + (isEmpty ? "\"" : "\",")).getBytes(US_ASCII);
        var result = Arrays.copyOf(answer, answer.length + member.length);
        System.arraycopy(member, 0, result, inside, member.length);
        System.arraycopy(answer, inside, result, inside + member.length, answer.length - inside);
        return result;
    }

    private static void checkBalance(byte[] answer) {
        assertThat(isWhole(List.of(Buffer.buffer(answer)))).isTrue();
        var end = answer.length;
        while (answer[end - 1] <= ' ' && answer[end - 1] > 0) {
            end--;
        }
        var random = new Random(Arrays.hashCode(answer));
        for (var i = 0; i < CUTS; i++) {
            var cut = i == 0 ? end - 1 : random.nextInt(end);
            assertThat(isWhole(List.of(Buffer.buffer(answer).slice(0, cut)))).isFalse();
        }
    }

    private static Optional<Usage> usage(List<Buffer> parts) {
        var tap = new JsonAnswerTap(false);
        parts.forEach(tap::accept);
        return tap.usage();
    }

    private static boolean isWhole(List<Buffer> parts) {
        var balance = new JsonBalance();
        parts.forEach(balance::accept);
        return balance.whole();
    }
}
