package com.alltkn.gateway.exchange.request;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {

    private static final int LARGEST = 30;
    private static final int MOST = 1280;

    /// The last eighth of it.
    private static final int RESERVED = 160;

    /// A hundred and twenty-eighth of it.
    private static final int LITTLE = 10;

    private final BodyMemory memory = memory(MOST);

    @Test
    void givesOneCallerHalfOfWhatOthersLeave() {
        assertThat(takeAll("a")).isEqualTo((MOST - RESERVED) / 2);
        assertThat(takeAll("b")).isEqualTo((MOST - RESERVED) / 4);
        assertThat(takeAll("c")).isEqualTo((MOST - RESERVED) / 8);
    }

    @Test
    void givesEachCallerALargestBodyWhileThereIsRoomForOne() {
        for (var caller : List.of("a", "b", "c", "d", "e")) {
            takeAll(caller);
        }

        // The sixth would get less by halves alone.
        assertThat(takeAll("f")).isEqualTo(LARGEST);
        assertThat(takeAll("g")).isEqualTo(LITTLE);
        assertThat(memory.held()).isEqualTo(MOST - RESERVED + LITTLE - 5);
    }

    @Test
    void leavesRoomForThoseWithLittleHoweverManyGreedyCallersThereAre() {
        for (int i = 0; i < 16; i++) {
            var caller = "greedy" + i;
            takeAll(caller);
        }

        for (int i = 0; i < 4; i++) {
            assertThat(memory.room("modest" + i).take(LITTLE)).isTrue();
        }
        assertThat(memory.held()).isLessThanOrEqualTo(MOST);
    }

    @Test
    void takesBackWhatABodyHeldOnce() {
        var room = memory.room("a");
        assertThat(room.take(50)).isTrue();
        assertThat(room.take(0)).isTrue();

        room.giveBack();
        room.giveBack();

        assertThat(memory.held()).isZero();
        assertThat(memory.holders()).isZero();
    }

    @Test
    void takesNothingWhereItRefuses() {
        assertThat(memory.room("a").take(MOST)).isFalse();

        assertThat(memory.held()).isZero();
        assertThat(memory.holders()).isZero();
    }

    @Test
    void alwaysHasRoomForTwoLargestBodies() {
        var tight = memory(LARGEST);

        assertThat(tight.room("a").take(LARGEST)).isTrue();
        assertThat(tight.room("a").take(1)).isFalse();
        assertThat(tight.room("b").take(LARGEST)).isTrue();
    }

    /// Callers who take and give back at random, against what is promised: never more than all of
    /// it, never refused what a modest caller or the only one may have, nothing lost.
    @Test
    void holdsWhatItPromisesUnderAnyOrderOfRequests() {
        var random = new Random(11);
        for (int round = 0; round < 200; round++) {
            var own = memory(MOST);
            var rooms = new ArrayList<BodyMemory.Room>();
            var owners = new ArrayList<String>();
            var held = new ArrayList<Integer>();
            var byCaller = new HashMap<String, Integer>();
            for (int step = 0; step < 300; step++) {
                if (random.nextInt(3) == 0 && !rooms.isEmpty()) {
                    var index = random.nextInt(rooms.size());
                    rooms.remove(index).giveBack();
                    byCaller.merge(owners.remove(index), -held.remove(index), Integer::sum);
                    continue;
                }
                var caller = "c" + random.nextInt(1 + round % 12);
                var size = 1 + random.nextInt(LARGEST);
                var all = own.held();
                var mine = byCaller.getOrDefault(caller, 0);
                var room = own.room(caller);

                var taken = room.take(size);

                var others = all - mine;
                if (mine + size <= LITTLE && all + size <= MOST) {
                    assertThat(taken).isTrue();
                }
                if (mine == 0 && others + LARGEST <= MOST - RESERVED) {
                    assertThat(taken).isTrue();
                }
                if (mine + size > LARGEST && mine + size > (MOST - RESERVED - others) / 2) {
                    assertThat(taken).isFalse();
                }
                if (taken) {
                    rooms.add(room);
                    owners.add(caller);
                    held.add(size);
                    byCaller.merge(caller, size, Integer::sum);
                }
                assertThat(own.held())
                        .isEqualTo(held.stream().mapToInt(Integer::intValue).sum())
                        .isLessThanOrEqualTo(MOST);
            }
            rooms.forEach(BodyMemory.Room::giveBack);
            assertThat(own.held()).isZero();
            assertThat(own.holders()).isZero();
        }
    }

    private static BodyMemory memory(int most) {
        return new BodyMemory(
                Mappings.read(
                        ExchangeConfig.class,
                        Map.of(
                                "gateway.exchange.max-body-size", Integer.toString(LARGEST),
                                "gateway.exchange.max-body-memory", Integer.toString(most))));
    }

    private int takeAll(String caller) {
        var taken = 0;
        while (memory.room(caller).take(1)) {
            taken++;
        }
        return taken;
    }
}
