package com.alltkn.gateway.exchange.answer;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.exchange.request.ExchangeConfig;
import com.alltkn.gateway.laboratory.Mappings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswerMemoryTest {

    private static final int KIBIBYTE = 1024;
    private static final int MEBIBYTE = 1024 * KIBIBYTE;
    private static final int MOST = 16 * MEBIBYTE;

    private final AnswerMemory memory = memory(Map.of("gateway.exchange.max-answer-memory", "16M"));

    @Test
    void isASixteenthOfTheHeap() {
        assertThat(memory(Map.of()).most()).isEqualTo(Runtime.getRuntime().maxMemory() / 16);
    }

    @Test
    void boundsWhatThousandsOfAnswersHoldTogether() {
        var parts = new ArrayList<AnswerMemory.Part>();
        var letGo = 0;
        for (var caller : List.of("a", "b")) {
            for (int i = 0; i < 2_000; i++) {
                var part = memory.part(caller);
                parts.add(part);
                if (!part.holds(48 * KIBIBYTE)) {
                    letGo++;
                    assertThat(part.holds(AnswerMemory.OWN)).isTrue();
                }
            }
        }

        // Without a bound they would hold 187 MiB.
        assertThat(memory.held()).isLessThanOrEqualTo(MOST + 2_000L * AnswerMemory.OWN);
        assertThat(letGo).isBetween(3_700, 3_900);
        parts.forEach(AnswerMemory.Part::giveBack);
        parts.forEach(AnswerMemory.Part::giveBack);
        assertThat(memory.held()).isZero();
        assertThat(memory.holders()).isZero();
    }

    @Test
    void leavesRoomForTheNextCaller() {
        while (memory.part("greedy").holds(48 * KIBIBYTE)) {
            // The parts are dropped, not given back.
        }

        assertThat(memory.part("modest").holds(48 * KIBIBYTE)).isTrue();
    }

    @Test
    void countsWhatAnAnswerHoldsAtTheMoment() {
        var part = memory.part("a");

        assertThat(part.holds(700)).isTrue();
        assertThat(memory.held()).isEqualTo(700);
        assertThat(part.holds(40_000)).isTrue();
        assertThat(memory.held()).isEqualTo(40_000);
        assertThat(part.holds(20_000)).isTrue();
        assertThat(memory.held()).isEqualTo(20_000);
        assertThat(part.holds(0)).isTrue();
        assertThat(memory.held()).isEqualTo(AnswerMemory.OWN);
        assertThat(memory.holders()).isZero();
        part.giveBack();
        assertThat(memory.held()).isZero();
    }

    /// Else each event of each stream would be counted.
    @Test
    void leavesALittleCountedUntilTheEnd() {
        var part = memory.part("a");
        part.holds(AnswerMemory.OWN + 3_000);

        part.holds(10);

        assertThat(memory.held()).isEqualTo(AnswerMemory.OWN + 3_000);
    }

    private static AnswerMemory memory(Map<String, String> settings) {
        return new AnswerMemory(Mappings.read(ExchangeConfig.class, settings));
    }
}
