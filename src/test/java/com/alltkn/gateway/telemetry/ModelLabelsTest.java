package com.alltkn.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.rollout.LogLevel;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ModelLabelsTest {

    private final ModelLabels labels = new ModelLabels();

    @Test
    void namesConfiguredModelsAndNoOthers() {
        labels.promoted(
                MadeUpRevision.of(1, "test-key", "one", LogLevel.INFO, List.of("two")), null);

        assertThat(labels.of(Optional.of("one"))).isEqualTo("one");
        assertThat(labels.of(Optional.of("two"))).isEqualTo("two");
        assertThat(labels.of(Optional.of("One"))).isEqualTo("other");
        assertThat(labels.of(Optional.empty())).isEqualTo("none");
    }

    @Test
    void hasOneLabelForAllThatCallersMakeUp() {
        var seen =
                IntStream.range(0, 1000)
                        .mapToObj(i -> labels.of(Optional.of("made-up-" + i)))
                        .distinct();

        assertThat(seen).containsExactly("other");
    }

    @Test
    void followsTheActiveRevision() {
        labels.promoted(MadeUpRevision.of(1, "test-key", "one", LogLevel.INFO, List.of()), null);
        labels.promoted(MadeUpRevision.of(2, "test-key", "two", LogLevel.INFO, List.of()), null);

        assertThat(labels.of(Optional.of("one"))).isEqualTo("other");
        assertThat(labels.of(Optional.of("two"))).isEqualTo("two");
    }
}
