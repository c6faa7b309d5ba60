package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.PromptBudget.Need;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PromptBudgetTest {

    private final PromptBudget budget = new PromptBudget();
    private Instant now = Instant.EPOCH;

    @Test
    void holdsWithinAnyHourWhateverIsNeeded() {
        for (var need : Need.values()) {
            while (budget.allows(need, now)) {
                budget.spend(now);
            }
        }

        assertThat(budget.allows(Need.AT_ONCE, now)).isFalse();
        assertThat(budget.next(Need.AT_ONCE, now)).isEqualTo(now.plus(PromptBudget.WINDOW));
        now = now.plus(PromptBudget.WINDOW);
        assertThat(budget.allows(Need.AGAIN, now)).isTrue();
    }

    @Test
    void keepsSomeOfWhatIsAskedAgainForWhatCannotWait() {
        var again = spendAll(Need.AGAIN);
        var toServe = spendAll(Need.TO_SERVE);
        var atOnce = spendAll(Need.AT_ONCE);

        assertThat(again).isLessThanOrEqualTo(PromptBudget.MOST - 3);
        assertThat(again + toServe).isLessThanOrEqualTo(PromptBudget.MOST - 2);
        assertThat(again + toServe + atOnce).isEqualTo(PromptBudget.MOST);
    }

    @Test
    void neverLeavesAGapAsLongAsTheHour() {
        var longest = Duration.ZERO;
        var last = now;
        for (var i = 0; i < 3000; i++) {
            now = now.plusSeconds(5);
            if (budget.allows(Need.TO_SERVE, now) && !last.plusSeconds(60).isAfter(now)) {
                budget.spend(now);
                var gap = Duration.between(last, now);
                longest = gap.compareTo(longest) > 0 ? gap : longest;
                last = now;
            }
        }

        assertThat(longest).isLessThan(Duration.ofMinutes(15));
    }

    private int spendAll(Need need) {
        var spent = 0;
        while (budget.allows(need, now)) {
            budget.spend(now);
            spent++;
        }
        return spent;
    }
}
