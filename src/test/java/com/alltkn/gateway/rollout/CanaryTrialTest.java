package com.alltkn.gateway.rollout;

import static com.alltkn.gateway.rollout.CanaryOutcome.ANSWERED;
import static com.alltkn.gateway.rollout.CanaryOutcome.FAILED;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.MutableClock;
import com.alltkn.gateway.rollout.CanaryTrial.Judgement;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What the comparison is worth, by a thousand canaries of a tenth of the exchanges of five
/// callers, each looked at after every hundred exchanges until it is decided.
class CanaryTrialTest {

    private static final int CANARIES = 1000;
    private static final int CALLERS = 5;
    private static final Revision ACTIVE = MadeUpRevision.number(1);
    private static final Revision CANDIDATE = MadeUpRevision.withCanary(2, 10);

    private final Random random = new Random(42);
    private final MutableClock clock = new MutableClock(Instant.EPOCH);

    @Test
    void rejectsNoCandidateThatFailsAsOftenAsTheActiveRevision() {
        assertThat(rejected(0.2, 0.2)).isZero();
    }

    @Test
    void rejectsHalfOfTheCandidatesThatFailOneInEightWhereTheActiveRevisionNeverFails() {
        assertThat(rejected(0.125, 0)).isBetween(CANARIES * 4 / 10, CANARIES * 7 / 10);
    }

    @Test
    void rejectsNearlyAllCandidatesThatFailOneInFiveWhereTheActiveRevisionNeverFails() {
        assertThat(rejected(0.2, 0)).isGreaterThan(CANARIES * 95 / 100);
    }

    private int rejected(double candidateFails, double activeFails) {
        var rejected = 0;
        for (var i = 0; i < CANARIES; i++) {
            if (judge(candidateFails, activeFails) instanceof Judgement.Worse) {
                rejected++;
            }
        }
        return rejected;
    }

    private Judgement judge(double candidateFails, double activeFails) {
        var rules = new CanaryRules(100, 3, Duration.ofMinutes(30), () -> CALLERS);
        var trial = new CanaryTrial(ACTIVE, CANDIDATE, rules, clock);
        Judgement judgement = new Judgement.Undecided();
        for (var i = 1; judgement instanceof Judgement.Undecided; i++) {
            var carries = random.nextInt(10) == 0;
            var fails = random.nextDouble() < (carries ? candidateFails : activeFails);
            trial.take(
                    new CanaryExchange(
                            (carries ? CANDIDATE : ACTIVE).contentId(),
                            "caller-" + random.nextInt(CALLERS),
                            "chat",
                            fails ? FAILED : ANSWERED,
                            Duration.ZERO,
                            Optional.empty()));
            if (i % 100 == 0) {
                judgement = trial.judge();
            }
        }
        return judgement;
    }
}
