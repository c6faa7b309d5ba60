package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class StageTest {

    private static final Pattern PICTURE =
            Pattern.compile("```mermaid\nstateDiagram-v2\n(.*?)```", Pattern.DOTALL);
    private static final Pattern ARROW = Pattern.compile("(\\w+) --> (\\w+)");

    @Test
    void isInThePictureOfTheReadme() throws IOException {
        var picture = PICTURE.matcher(Files.readString(Path.of("README.md")));
        assertThat(picture.find()).isTrue();

        var drawn = new TreeSet<String>();
        ARROW.matcher(picture.group(1))
                .results()
                .forEach(arrow -> {
                    drawn.add(arrow.group(1));
                    drawn.add(arrow.group(2));
                });

        assertThat(drawn)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Stage.values()).map(Stage::word).toList());
    }
}
