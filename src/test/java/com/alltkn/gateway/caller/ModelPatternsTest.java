package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelPatternsTest {

    @ParameterizedTest
    @CsvSource({
        "deepseek-chat, deepseek-chat, true",
        "deepseek-chat, deepseek-chat-2, false",
        "deepseek-*, deepseek-, true",
        "deepseek-*, deepseek-chat, true",
        "deepseek-*, not-deepseek-chat, false",
        "*/free, vendor/model/free, true",
        "a*b*c, aXbYbZc, true",
        "a*b*c, aXbYbZ, false",
        "m.del, model, false",
        "*, anything, true",
    })
    void takesAStarForAnyCharactersAndTheRestForItself(
            String pattern, String model, boolean allowed) {
        assertThat(new ModelPatterns(List.of(pattern)).allow(model)).isEqualTo(allowed);
    }

    @Test
    void agreesWithARegularExpression() {
        var random = new Random(7);
        for (int i = 0; i < 50_000; i++) {
            var pattern = text(random, "ab**");
            var model = text(random, "ab");

            assertThat(new ModelPatterns(List.of(pattern)).allow(model))
                    .as("%s for %s", pattern, model)
                    .isEqualTo(Pattern.matches(pattern.replace("*", ".*"), model));
        }
    }

    private static String text(Random random, String letters) {
        var text = new StringBuilder();
        for (int i = random.nextInt(9); i >= 0; i--) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }
}
