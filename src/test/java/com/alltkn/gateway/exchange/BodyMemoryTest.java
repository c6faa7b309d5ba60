package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {

    private final BodyMemory memory =
            new BodyMemory(
                    Mappings.read(
                            ExchangeConfig.class,
                            Map.of(
                                    "gateway.exchange.max-body-size", "30",
                                    "gateway.exchange.max-body-memory", "100")));

    @Test
    void givesOneCallerHalfOfItAtMost() {
        var first = memory.room("a");
        var second = memory.room("a");

        assertThat(first.take(30)).isTrue();
        assertThat(second.take(20)).isTrue();
        assertThat(second.take(1)).isFalse();
        assertThat(memory.room("b").take(50)).isTrue();
        assertThat(memory.held()).isEqualTo(100);
    }

    @Test
    void isNeverOverItsBoundHoweverManyCallersThereAre() {
        assertThat(memory.room("a").take(40)).isTrue();
        assertThat(memory.room("b").take(40)).isTrue();
        assertThat(memory.room("c").take(21)).isFalse();
        assertThat(memory.room("c").take(20)).isTrue();
        assertThat(memory.held()).isEqualTo(100);
    }

    @Test
    void takesBackWhatABodyHeldOnce() {
        var room = memory.room("a");
        assertThat(room.take(50)).isTrue();

        room.giveBack();
        room.giveBack();

        assertThat(memory.held()).isZero();
        assertThat(memory.room("a").take(50)).isTrue();
    }

    @Test
    void alwaysHasRoomForOneLargestBody() {
        var tight =
                new BodyMemory(
                        Mappings.read(
                                ExchangeConfig.class,
                                Map.of(
                                        "gateway.exchange.max-body-size", "30",
                                        "gateway.exchange.max-body-memory", "30")));

        assertThat(tight.room("a").take(30)).isTrue();
        assertThat(tight.room("b").take(1)).isFalse();
    }
}
