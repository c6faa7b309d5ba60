package com.alltkn.gateway.caller;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/// A callers file is read as a whole or refused in a sentence, which shows no key; nobody becomes a
/// caller by sending nothing. `@KEY@` stands for a key that was written where its hash belongs.
public final class CallersFileFuzz {

    private static final String CORE = "Qz7xcore91KdLm";

    private CallersFileFuzz() {}

    /// Fails if something does not hold for these bytes.
    public static void check(byte[] input) {
        var file = new String(input, ISO_8859_1).replace("@KEY@", "caller-" + CORE + "-5d20");
        Callers callers;
        try {
            callers = CallersFile.read(file.getBytes(ISO_8859_1));
        } catch (InvalidCallersException e) {
            assertThat(e).hasMessageNotContaining(CORE).hasNoCause();
            assertThat(e.getMessage()).hasSizeBetween(1, 300).doesNotContain("\n");
            return;
        }
        assertThat(callers.all())
                .isNotEmpty()
                .allMatch(caller -> caller.id().matches("[a-z0-9][a-z0-9._-]{0,63}"));
        assertThat(callers.all()).extracting(Caller::id).doesNotHaveDuplicates();
        assertThat(callers.identify("Bearer ")).isEmpty();
        assertThat(callers.identify("Bearer")).isEmpty();
    }
}
