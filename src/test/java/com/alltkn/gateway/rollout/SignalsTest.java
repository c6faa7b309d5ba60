package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MadeUpRevision;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SignalsTest {

    private final Signals signals = new Signals(Pause.real());
    private final Revision bound = MadeUpRevision.number(1);

    @Test
    void answersNobodyWhoseRefusalWasNotTaken() {
        var early = signals.takeRefused();
        var waiting = signals.awaitReplacement(bound).toCompletableFuture();

        signals.answerHeard(Optional.empty());

        assertThat(early).isNull();
        assertThat(waiting).isNotDone();
    }

    @Test
    void answersOnceTheRefusalWasTaken() {
        var waiting = signals.awaitReplacement(bound).toCompletableFuture();
        var refused = signals.takeRefused();

        signals.answerHeard(Optional.empty());

        assertThat(refused).isEqualTo(Refusal.of(bound, null));
        assertThat(waiting).isCompletedWithValue(Optional.empty());
    }
}
