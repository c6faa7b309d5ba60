package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.FleetSimulation.Figures;
import com.alltkn.gateway.rollout.FleetSimulation.Scenario;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// A small fleet, so that the large one can be believed.
class FleetSimulationTest {

    private static final int PODS = 20;

    @Test
    void readsOncePerPollAndAsksNothingWhileAllIsWell() {
        var figures = play(FleetSimulation.steady(FleetSimulation.HOUR));

        assertThat(reads(figures)).isBetween(PODS * 100, PODS * 150);
        assertThat(prompts(figures)).isZero();
        assertThat(logins(figures)).isZero();
    }

    @Test
    void logsInOncePerPodAtTheStartAndAgainAfterADay() {
        var start = play(FleetSimulation.startOfAll());
        var longer = play(FleetSimulation.steady(Duration.ofHours(25)));

        assertThat(logins(start)).isEqualTo(PODS);
        assertThat(logins(longer)).isEqualTo(PODS);
    }

    @Test
    void rotatesWithOnePromptPerPodWithinOnePoll() {
        var figures = play(FleetSimulation.rotation("", FleetSimulation.ALONE));

        assertThat(prompts(figures)).isEqualTo(PODS);
        assertThat(figures.mostPrompts()).isEqualTo(1);
        assertThat(figures.quantile(1).orElseThrow()).isLessThan(Duration.ofSeconds(38));
    }

    @Test
    void readsAnEntryOfEachEnvironmentForANewKey() {
        var alone = play(FleetSimulation.rotation("", FleetSimulation.ALONE));
        var registered = play(FleetSimulation.rotation("", FleetSimulation.REGISTERED));

        // The own entry and two others; the write of the first pod is no read.
        assertThat(reads(registered) - reads(alone)).isBetween(3 * PODS - 5, 3 * PODS + 5);
    }

    @Test
    void doesNotPressAVaultThatIsDownAndFollowsItWhenItIsBack() {
        var figures = play(FleetSimulation.vaultOutage());

        assertThat(calls(figures)).isLessThan(PODS * 200);
        assertThat(figures.quantile(1).orElseThrow()).isLessThan(Duration.ofSeconds(150));
    }

    @Test
    void provesEveryPodSoonAfterUpstreamIsBack() {
        var figures = play(FleetSimulation.upstreamOutage());

        assertThat(figures.quantile(1).orElseThrow()).isLessThan(Duration.ofSeconds(9));
    }

    @Test
    void asksThreeTimesAboutABadKeyAndEachTimeWhetherTheOldOneIsAccepted() {
        var figures = play(FleetSimulation.badKey());

        assertThat(prompts(figures)).isEqualTo(11 * PODS);
        assertThat(figures.mostPrompts()).isEqualTo(11);
    }

    @Test
    void readsAtMostTenTimesAMinuteAndPodWhileADeadKeyHasNoSuccessor() {
        var figures = play(FleetSimulation.deadKey("", Duration.ZERO, FleetSimulation.HOUR));

        // A thousand pods may read 100 times a second.
        assertThat(reads(figures)).isBetween(PODS * 120, PODS * 6 * 60);
        // Each finds out for itself, and less and less often, that it is the key.
        assertThat(prompts(figures)).isBetween(PODS, PODS * 20);
    }

    @Test
    void movesOffADeadKeyWithOnePromptPerPod() {
        var figures = play(FleetSimulation.deadKeyWithANewerOne("", FleetSimulation.ALONE));

        assertThat(prompts(figures)).isEqualTo(PODS);
        assertThat(figures.quantile(1).orElseThrow()).isLessThan(Duration.ofSeconds(4));
    }

    @Test
    void givesTheSameFiguresForTheSameSeed() {
        var one = play(FleetSimulation.vaultOutage()).row("");
        var other = play(FleetSimulation.vaultOutage()).row("");

        assertThat(one).isEqualTo(other);
    }

    private static Figures play(Scenario scenario) {
        return scenario.play(PODS, 1);
    }

    private static int calls(Figures figures) {
        return figures.vault().calls.total(figures.from(), figures.until());
    }

    private static int reads(Figures figures) {
        return figures.vault().reads.total(figures.from(), figures.until());
    }

    private static int logins(Figures figures) {
        return figures.vault().logins.total(figures.from(), figures.until());
    }

    private static int prompts(Figures figures) {
        return figures.prompts().total(figures.from(), figures.until());
    }
}
