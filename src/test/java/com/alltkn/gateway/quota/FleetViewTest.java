package com.alltkn.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDate;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FleetViewTest {

    private static final LocalDate DAY = LocalDate.of(2026, 11, 24);
    private static final long TODAY = DAY.toEpochDay();
    private static final long THIS_MONTH = 2026 * 12 + 11;
    private static final Spending NOTHING = new Spending(0, 0);

    private final FleetView view = new FleetView();

    @Test
    void knowsOfNoSpendingAtFirstButItsOwn() {
        var spending = view.spending(new Spending(7, 70), DAY);

        assertThat(spending).isEqualTo(new Spending(7, 70));
    }

    @Test
    void addsWhatWasUsedHereSinceItHeardOfAll() {
        hear(TODAY, 500, THIS_MONTH, 9000, new Spending(100, 1000));

        var spending = view.spending(new Spending(130, 1030), DAY);

        assertThat(spending).isEqualTo(new Spending(530, 9030));
    }

    @Test
    void takesNothingAwayWhenLessWasUsedHereThanWasReserved() {
        hear(TODAY, 500, THIS_MONTH, 9000, new Spending(100, 1000));

        var spending = view.spending(new Spending(60, 960), DAY);

        assertThat(spending).isEqualTo(new Spending(500, 9000));
    }

    @Test
    void leavesOutWhatItHeardYesterday() {
        hear(TODAY - 1, 500, THIS_MONTH, 9000, new Spending(100, 1000));

        var spending = view.spending(new Spending(0, 1000), DAY);

        assertThat(spending).isEqualTo(new Spending(0, 9000));
    }

    @Test
    void leavesOutWhatItHeardLastMonth() {
        hear(TODAY - 1, 500, THIS_MONTH - 1, 9000, new Spending(100, 1000));

        var spending = view.spending(NOTHING, DAY);

        assertThat(spending).isEqualTo(NOTHING);
    }

    private void hear(long day, long daily, long month, long monthly, Spending own) {
        view.hear(
                new AccountReply(
                        AccountReply.Verdict.ADMITTED,
                        Duration.ZERO,
                        1,
                        0,
                        new AccountReply.Window(0, Duration.ZERO),
                        new AccountReply.Window(0, Duration.ZERO),
                        0,
                        new AccountReply.Spent(day, daily, month, monthly),
                        false),
                new Standing(
                        Optional.empty(), Optional.empty(), 0, own.daily(), own.monthly(), false));
    }
}
