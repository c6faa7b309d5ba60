package com.alltkn.gateway.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

class TurnsTest {

    private final EmbeddedChannel loop = new EmbeddedChannel();
    private final Turns turns = new Turns(loop.eventLoop());
    private final Turns.Line alice = turns.line();
    private final Turns.Line bob = turns.line();
    private final List<String> taken = new ArrayList<>();

    @Test
    void keepsNobodyWaitingWhileThereAreFew() {
        for (var i = 0; i < 1_000; i++) {
            assertThat(alice.isFree()).isTrue();
            alice.taken(16);
            look();
        }
    }

    @Test
    void letsOneLineDoSoMuchBetweenTwoLooks() {
        for (var i = 0; i < 16; i++) {
            assertThat(alice.isFree()).isTrue();
            alice.taken(1);
        }

        assertThat(alice.isFree()).isFalse();
        assertThat(bob.isFree()).isTrue();
        look();
        assertThat(alice.isFree()).isTrue();
    }

    @Test
    void letsThousandsTakeTheirTurnsAFewAtATime() {
        await(alice, "alice", 4_000);

        for (var round = 1; round <= 250; round++) {
            look();
            assertThat(taken).hasSize(16 * round);
        }
        look();
        assertThat(alice.isFree()).isTrue();
    }

    @Test
    void letsEachLineHaveAsMuch() {
        await(alice, "alice", 1_000);
        await(bob, "bob", 20);

        look();
        assertThat(Collections.frequency(taken, "alice")).isEqualTo(16);
        assertThat(Collections.frequency(taken, "bob")).isEqualTo(16);
        look();
        assertThat(Collections.frequency(taken, "alice")).isEqualTo(32);
        assertThat(Collections.frequency(taken, "bob")).isEqualTo(20);
    }

    @Test
    void takesALargeTurnForMany() {
        alice.await(turn("large", 17));
        alice.await(turn("small", 1));

        look();
        assertThat(taken).containsExactly("large");
        look();
        assertThat(taken).containsExactly("large", "small");
    }

    @Test
    void countsNoTurnInWhichNothingCouldBeDone() {
        for (var i = 0; i < 1_000; i++) {
            alice.await(turn("gone", 0));
        }

        look();

        assertThat(taken).hasSize(1_000);
    }

    @Test
    void letsNobodyPassWhoeverWaits() {
        alice.await(turn("first", 1));

        assertThat(alice.isFree()).isFalse();
    }

    @Test
    void keepsNewcomersAndStrangersWhoWereAnsweredApart() {
        await(turns.ofStrangers(false), "stranger", 1_000);

        assertThat(turns.ofStrangers(true).isFree()).isTrue();
        assertThat(turns.ofStrangers(false).isFree()).isFalse();
    }

    @Test
    void letsNobodyHaveTwoTurnsInARound() {
        alice.await(() -> {
            alice.await(turn("again", 1));
            return 1;
        });

        look();
        assertThat(taken).isEmpty();
        look();
        assertThat(taken).containsExactly("again");
    }

    private void await(Turns.Line line, String who, int times) {
        for (var i = 0; i < times; i++) {
            line.await(turn(who, 1));
        }
    }

    private IntSupplier turn(String who, int cost) {
        return () -> {
            taken.add(who);
            return cost;
        };
    }

    private void look() {
        loop.runPendingTasks();
    }
}
