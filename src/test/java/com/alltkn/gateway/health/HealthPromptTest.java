package com.alltkn.gateway.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.exchange.Settlement;
import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.MutableClock;
import com.alltkn.gateway.laboratory.Settlements;
import com.alltkn.gateway.rollout.LogLevel;
import com.alltkn.gateway.rollout.Promotion;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.rollout.vault.LogTap;
import com.alltkn.gateway.upstream.PromptOutcome;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HealthPromptTest {

    private static final Duration INTERVAL = Duration.ofMinutes(5);

    private static final HealthPromptConfig OFF =
            Mappings.read(
                    HealthPromptConfig.class, Map.of("gateway.health.prompt.enabled", "false"));

    private final MutableClock clock = new MutableClock(Settlements.STARTED);
    private final MutableClock steady = new MutableClock(Instant.EPOCH);
    private final List<Settings> asked = new CopyOnWriteArrayList<>();
    private volatile PromptOutcome answer = PromptOutcome.GOOD;
    private final HealthPrompt prompt =
            new HealthPrompt(this::ask, config(INTERVAL), clock, steady, PromptTurns.OWN);

    @Test
    void asksNothingWhileThereIsNoRevision() {
        prompt.askIfNeeded();

        assertThat(asked).isEmpty();
        assertThat(prompt.last()).isEmpty();
    }

    @Test
    void publishesWhatItFound() {
        var revision = MadeUpRevision.number(3);
        prompt.promoted(revision, null, Promotion.UNPROVEN);

        prompt.askIfNeeded();

        assertThat(asked).containsExactly(revision.settings());
        var last = prompt.last().orElseThrow();
        assertThat(last.outcome()).isEqualTo(PromptOutcome.GOOD);
        assertThat(last.model()).isEqualTo("deepseek-chat");
        assertThat(last.revision()).isEqualTo(3);
        assertThat(last.at()).isEqualTo(clock.instant());
        assertThat(last.latency().orElseThrow()).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void asksNothingWhileTrafficShowsTheSame() {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);
        prompt.settled(chat());

        steady.advance(INTERVAL.minusSeconds(1));
        prompt.askIfNeeded();
        var whileProven = asked.size();
        steady.advance(Duration.ofSeconds(1));
        prompt.askIfNeeded();

        assertThat(whileProven).isZero();
        assertThat(asked).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    void keepsTheProofForItsTimeWhateverIsDoneToTheClock(int hours) {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);
        prompt.settled(chat());

        clock.advance(Duration.ofHours(hours));
        steady.advance(INTERVAL.minusSeconds(1));
        prompt.askIfNeeded();
        var whileProven = asked.size();
        steady.advance(Duration.ofSeconds(1));
        prompt.askIfNeeded();

        assertThat(whileProven).isZero();
        assertThat(asked).hasSize(1);
        assertThat(prompt.age()).contains(Duration.ZERO);
    }

    @Test
    void takesOnlyAnAnsweredChatOnTheActiveKeyForAProof() {
        prompt.promoted(other(2), MadeUpRevision.number(1), Promotion.PROVEN);

        prompt.settled(chat());
        prompt.settled(Settlements.refused());
        prompt.askIfNeeded();

        assertThat(asked).hasSize(1);
    }

    @Test
    void takesNoOtherTypeForAProof() {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);

        prompt.settled(
                Settlements.answered(clock.instant(), "m", "embeddings", Duration.ofMillis(1)));
        prompt.askIfNeeded();

        assertThat(asked).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"PROVEN", "ROLLED_BACK"})
    void takesThePromptThatProvedARevisionForItsOwn(Promotion how) {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);
        answer = PromptOutcome.REFUSED;
        prompt.askIfNeeded();
        clock.advance(Duration.ofSeconds(9));

        prompt.promoted(other(2), MadeUpRevision.number(1), how);

        assertThat(prompt.last())
                .contains(
                        new UpstreamHealth(
                                PromptOutcome.GOOD,
                                "deepseek-chat",
                                Optional.empty(),
                                2,
                                clock.instant()));
        assertThat(asked).hasSize(1);
    }

    @Test
    void takesThePromptThatProvesTheServingRevisionForItsOwn() {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);

        prompt.proven(MadeUpRevision.number(1));

        assertThat(prompt.last().orElseThrow().outcome()).isEqualTo(PromptOutcome.GOOD);
        assertThat(asked).isEmpty();
    }

    @Test
    void saysNothingAboutARevisionThatCameDuringThePrompt() {
        var overtaken = new AtomicReference<HealthPrompt>();
        var slow =
                new HealthPrompt(
                        _ -> {
                            overtaken.get().promoted(other(2), null, Promotion.PROVEN);
                            return PromptOutcome.REFUSED;
                        },
                        config(INTERVAL),
                        clock,
                        steady,
                        PromptTurns.OWN);
        overtaken.set(slow);
        slow.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);

        slow.askIfNeeded();

        assertThat(slow.last().orElseThrow().outcome()).isEqualTo(PromptOutcome.GOOD);
        assertThat(slow.last().orElseThrow().revision()).isEqualTo(2);
    }

    @Test
    void keepsTheProofOverARenumbering() {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);
        prompt.settled(chat());

        prompt.renumbered(MadeUpRevision.number(2), MadeUpRevision.number(1));
        prompt.askIfNeeded();

        assertThat(asked).isEmpty();
    }

    @Test
    void logsAnOutcomeOnceUntilItChanges() {
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);
        List<String> lines;
        try (var tap = new LogTap()) {
            prompt.askIfNeeded();
            prompt.askIfNeeded();
            answer = PromptOutcome.UNREACHABLE;
            prompt.askIfNeeded();
            prompt.askIfNeeded();
            answer = PromptOutcome.GOOD;
            prompt.askIfNeeded();
            lines = tap.lines().stream().filter(line -> line.contains("health prompt")).toList();
        }

        assertThat(lines)
                .satisfiesExactly(
                        line -> assertThat(line).contains("INFO", "outcome=good"),
                        line -> assertThat(line).contains("WARN", "outcome=unreachable"),
                        line -> assertThat(line).contains("INFO", "outcome=good"));
        assertThat(lines).noneMatch(line -> line.contains("test-key-1"));
    }

    @Test
    void asksSoonAboutARevisionThatServesUnproven() {
        prompt.start(new StartupEvent());
        prompt.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);

        // Two seconds and a fifth: what a fleet that starts at once is spread over.
        await().atMost(Duration.ofSeconds(4)).until(() -> asked.size() == 1);
        prompt.stop(new ShutdownEvent());
        assertThat(prompt.last().orElseThrow().revision()).isEqualTo(1);
    }

    @Test
    void asksAfterItsIntervalAndNoSoonerWhereARevisionWasProven() {
        var interval = Duration.ofSeconds(4);
        var scheduled =
                new HealthPrompt(this::ask, config(interval), clock, steady, PromptTurns.OWN);
        scheduled.start(new StartupEvent());
        scheduled.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);
        scheduled.promoted(other(2), MadeUpRevision.number(1), Promotion.PROVEN);
        var began = System.nanoTime();

        await().atMost(Duration.ofSeconds(6)).until(() -> asked.size() == 1);
        var waited = Duration.ofNanos(System.nanoTime() - began);
        scheduled.stop(new ShutdownEvent());

        assertThat(waited).isGreaterThan(interval.multipliedBy(3).dividedBy(4));
    }

    @Test
    void goesOnAfterAFaultOfItsOwn() {
        var failing =
                new HealthPrompt(
                        settings -> {
                            ask(settings);
                            throw new IllegalStateException("a message that quotes test-key-1");
                        },
                        config(INTERVAL),
                        clock,
                        steady,
                        PromptTurns.OWN);
        List<String> lines;
        try (var tap = new LogTap()) {
            failing.start(new StartupEvent());
            failing.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);
            await().atMost(Duration.ofSeconds(4)).until(() -> asked.size() == 1);
            failing.promoted(MadeUpRevision.number(2), null, Promotion.UNPROVEN);
            await().atMost(Duration.ofSeconds(4)).until(() -> asked.size() == 2);
            failing.stop(new ShutdownEvent());
            lines = tap.lines();
        }

        assertThat(lines)
                .anyMatch(line -> line.contains("failure=java.lang.IllegalStateException"))
                .noneMatch(line -> line.contains("test-key-1"));
    }

    @Test
    void asksNothingWhereItIsSwitchedOff() {
        var off = new HealthPrompt(this::ask, OFF, clock, steady, PromptTurns.OWN);
        off.start(new StartupEvent());
        off.promoted(MadeUpRevision.number(1), null, Promotion.UNPROVEN);

        await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(4)).until(asked::isEmpty);
    }

    @Test
    void saysNothingWhereItIsSwitchedOff() {
        var off = new HealthPrompt(this::ask, OFF, clock, steady, PromptTurns.OWN);

        off.promoted(MadeUpRevision.number(1), null, Promotion.PROVEN);

        assertThat(off.last()).isEmpty();
    }

    private PromptOutcome ask(Settings settings) {
        asked.add(settings);
        return answer;
    }

    private Settlement chat() {
        return Settlements.answered(
                clock.instant(), "deepseek-chat", "chat", Duration.ofMillis(10));
    }

    private static Revision other(long number) {
        return MadeUpRevision.of(number, "test-key-2", "deepseek-chat", LogLevel.INFO, List.of());
    }

    private static HealthPromptConfig config(Duration interval) {
        return Mappings.read(
                HealthPromptConfig.class,
                Map.of("gateway.health.prompt.interval", interval.toString()));
    }
}
