package com.alltkn.gateway.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FuzzTargetTest {

    private static final int MUTATIONS = 2000;

    @ParameterizedTest
    @EnumSource
    void holdsForEverySeed(FuzzTarget target) {
        var seeds = target.seeds();

        assertThat(seeds).hasSizeGreaterThan(5);
        seeds.forEach(seed -> check(target, seed));
    }

    /// The same ones each time, so that a build does not fail by chance.
    @ParameterizedTest
    @EnumSource
    void holdsForMutationsOfTheSeeds(FuzzTarget target) {
        var mutations = new Mutations(target.seeds(), new Random(20260101));

        for (var i = 0; i < MUTATIONS; i++) {
            check(target, mutations.next());
        }
    }

    private static void check(FuzzTarget target, byte[] input) {
        try {
            target.check(input);
        } catch (RuntimeException | Error e) {
            throw new AssertionError(
                    "%s does not hold for %s in Base64"
                            .formatted(target, Base64.getEncoder().encodeToString(input)),
                    e);
        }
    }
}
