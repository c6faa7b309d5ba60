package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alltkn.gateway.upstream.ConnectionShares.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectionSharesTest {

    @Test
    void givesOneCallerNoMoreThanItsPart() {
        var shares = new ConnectionShares(100, 50);

        assertThat(takeAll(shares, "greedy")).hasSize(50);
        assertThat(takeAll(shares, "other")).hasSize(40);
        assertThat(shares.inUse()).isEqualTo(90);
        assertThat(shares.refused()).isEqualTo(2);
    }

    /// However many greedy ones there are, those that have little find room.
    @Test
    void keepsTheLastTenthForThoseThatHaveLittle() {
        var shares = new ConnectionShares(100, 100);

        assertThat(takeAll(shares, "greedy")).hasSize(90);
        assertThat(takeAll(shares, "second")).hasSize(10);
        assertThat(takeAll(shares, "third")).isEmpty();

        assertThat(shares.limit()).isEqualTo(100);
        assertThat(shares.inUse()).isEqualTo(100);
    }

    @Test
    void givesRoomAgainWithWhatIsGivenBackAndCountsThatOnce() {
        var shares = new ConnectionShares(10, 50);
        var taken = takeAll(shares, "greedy");

        taken.getFirst().giveBack();
        taken.getFirst().giveBack();

        assertThat(shares.inUse()).isEqualTo(4);
        assertThat(takeAll(shares, "greedy")).hasSize(1);
        taken.forEach(Share::giveBack);
        assertThat(shares.inUse()).isOne();
    }

    @Test
    void letsSomebodyInEvenWhereThereIsOnlyOne() {
        var shares = new ConnectionShares(1, 1);

        assertThat(takeAll(shares, "one")).hasSize(1);
        assertThat(takeAll(shares, "other")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0,50", "10,0", "10,101"})
    void takesNoLimitThatIsNone(int most, int percent) {
        assertThatThrownBy(() -> new ConnectionShares(most, percent))
                .hasMessageContaining("gateway.upstream.max-connections")
                .hasMessageContaining("gateway.upstream.caller-share-percent");
    }

    @Test
    void neverLosesOneAmongSeveralThreads() throws InterruptedException {
        var shares = new ConnectionShares(50, 40);
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (var thread = 0; thread < 4; thread++) {
                var caller = "caller-" + thread % 3;
                threads.execute(() -> {
                    var random = new Random(caller.hashCode());
                    var held = new ArrayList<Share>();
                    for (var i = 0; i < 20_000; i++) {
                        if (shares.take(caller) instanceof Share share) {
                            held.add(share);
                        }
                        if (random.nextInt(10) == 0) {
                            held.forEach(Share::giveBack);
                            held.clear();
                        }
                        assertThat(shares.inUse()).isBetween(0, 50);
                    }
                    held.forEach(Share::giveBack);
                });
            }
            threads.shutdown();
            assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(shares.inUse()).isZero();
    }

    private static List<Share> takeAll(ConnectionShares shares, String caller) {
        var taken = new ArrayList<Share>();
        while (shares.take(caller) instanceof Share share) {
            taken.add(share);
        }
        return taken;
    }
}
