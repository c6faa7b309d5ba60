package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallersTest {

    private static final Caller BILLING = Caller.named("billing");
    private static final Caller SEARCH = Caller.named("search");

    private final Callers callers =
            Callers.of(Map.of(hash("old"), BILLING, hash("new"), BILLING, hash("other"), SEARCH));

    @Test
    void knowsACallerByEachOfItsKeys() {
        assertThat(callers.identify("Bearer old")).contains(BILLING);
        assertThat(callers.identify("Bearer new")).contains(BILLING);
        assertThat(callers.identify("Bearer other")).contains(SEARCH);
        assertThat(callers.all()).containsExactlyInAnyOrder(BILLING, SEARCH);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer old", "bearer old", "BEARER old", "bEaReR  old "})
    void readsTheSchemeInAnyCase(String authorization) {
        assertThat(callers.identify(authorization)).contains(BILLING);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "old",
                "Bearer",
                "Bearer ",
                "Bearer  ",
                "Bearerold",
                "Bearer\told",
                "Basic old",
                " Bearer old",
                "Bearer Bearer old",
                "Bearer ol",
                "Bearer oldd",
                "Bearer OLD",
                "Bearer old, Bearer new",
                "Bearer old\u0000",
                "Bearer ôld",
            })
    void knowsNobodyElse(String authorization) {
        assertThat(callers.identify(authorization)).isEmpty();
    }

    @Test
    void takesTheHashOfAKeyForNoKey() {
        assertThat(callers.identify("Bearer " + hash("old"))).isEmpty();
        assertThat(callers.identify("Bearer sha256:" + hash("old"))).isEmpty();
    }

    @Test
    void knowsNobodyByAnEmptyKeyEvenIfItIsListed() {
        var careless = Callers.of(Map.of(hash(""), BILLING));

        assertThat(careless.identify("Bearer  ")).isEmpty();
    }

    /// The first four bytes pick the bucket; all 32 decide.
    @Test
    void comparesTheWholeDigestOfCallersThatShareABucket() {
        var real = hash("old");
        var twin = real.substring(0, 8) + "0".repeat(56);
        var sharing = Callers.of(Map.of(real, BILLING, twin, SEARCH));

        assertThat(sharing.identify("Bearer old")).contains(BILLING);
        assertThat(Callers.of(Map.of(twin, SEARCH)).identify("Bearer old")).isEmpty();
    }

    @Test
    void findsEachOfThousands() {
        var byHash = new HashMap<String, Caller>();
        for (int i = 0; i < 20_000; i++) {
            byHash.put(hash("key-" + i), Caller.named("caller-" + i));
        }

        var many = Callers.of(byHash);

        assertThat(many.all()).hasSize(20_000);
        for (int i = 0; i < 20_000; i++) {
            assertThat(many.identify("Bearer key-" + i)).contains(Caller.named("caller-" + i));
        }
        assertThat(many.identify("Bearer key-20000")).isEmpty();
    }

    private static String hash(String key) {
        return HexFormat.of().formatHex(Callers.sha256(key));
    }
}
