package com.alltkn.gateway.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

class TurnsTest {

    private final EmbeddedChannel loop = new EmbeddedChannel();
    private final Turns turns = new Turns(loop.eventLoop());
    private final List<String> taken = new ArrayList<>();

    @Test
    void keepsNobodyWaitingWhileThereAreFew() {
        for (var i = 0; i < 1_000; i++) {
            assertThat(turns.isFree(false)).isTrue();
            turns.taken(16);
            round();
        }
    }

    @Test
    void letsAFewThousandTakeTheirTurnsAFewAtATime() {
        for (var i = 0; i < 4_000; i++) {
            turns.await(false, turn("stranger", 1));
        }

        for (var round = 1; round <= 250; round++) {
            round();
            assertThat(taken).hasSize(16 * round);
        }
    }

    @Test
    void takesALargeTurnForMany() {
        turns.await(false, turn("large", Turns.cost(64 * 1024)));
        turns.await(false, turn("small", Turns.cost(100)));

        round();
        assertThat(taken).containsExactly("large");
        round();
        assertThat(taken).containsExactly("large", "small");
    }

    @Test
    void countsNoTurnInWhichNothingCouldBeDone() {
        for (var i = 0; i < 1_000; i++) {
            turns.await(false, turn("gone", Turns.cost(0)));
        }

        round();

        assertThat(taken).hasSize(1_000);
    }

    @Test
    void letsNewcomersGoFirst() {
        for (var i = 0; i < 100; i++) {
            turns.await(false, turn("stranger", 1));
        }
        turns.await(true, turn("newcomer", 1));

        assertThat(turns.isFree(true)).isFalse();
        round();
        assertThat(taken.getFirst()).isEqualTo("newcomer");
        assertThat(turns.isFree(true)).isFalse();
    }

    @Test
    void keepsNobodyWaitingForNewcomersWithoutEnd() {
        turns.await(false, turn("stranger", 1));
        for (var i = 0; i < 1_000; i++) {
            turns.await(true, turn("newcomer", 1));
        }

        round();

        assertThat(taken).hasSize(17).endsWith("stranger");
    }

    @Test
    void letsNobodyHaveTwoTurnsInARound() {
        turns.await(
                false,
                () -> {
                    turns.await(false, turn("again", 1));
                    return 1;
                });

        round();
        assertThat(taken).isEmpty();
        round();
        assertThat(taken).containsExactly("again");
    }

    private IntSupplier turn(String who, int cost) {
        return () -> {
            taken.add(who);
            return cost;
        };
    }

    private void round() {
        loop.runScheduledPendingTasks();
    }
}
