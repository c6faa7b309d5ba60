package com.alltkn.gateway.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.exchange.Settlement;
import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.MutableClock;
import com.alltkn.gateway.laboratory.Settlements;
import com.alltkn.gateway.rollout.LogLevel;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.rollout.vault.LogTap;
import com.alltkn.gateway.upstream.PromptOutcome;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthPromptTest {

    private static final Duration INTERVAL = Duration.ofMinutes(5);

    private final MutableClock clock = new MutableClock(Settlements.STARTED);
    private final MutableClock steady = new MutableClock(Instant.EPOCH);
    private final List<Settings> asked = new CopyOnWriteArrayList<>();
    private volatile PromptOutcome answer = PromptOutcome.GOOD;
    private final HealthPrompt prompt = new HealthPrompt(this::ask, config(true), clock, steady);

    @Test
    void asksNothingWhileThereIsNoRevision() {
        prompt.askIfNeeded();

        assertThat(asked).isEmpty();
        assertThat(prompt.last()).isEmpty();
    }

    @Test
    void publishesWhatItFound() {
        var revision = MadeUpRevision.number(3);
        prompt.promoted(revision, null);

        prompt.askIfNeeded();

        assertThat(asked).containsExactly(revision.settings());
        var last = prompt.last().orElseThrow();
        assertThat(last.outcome()).isEqualTo(PromptOutcome.GOOD);
        assertThat(last.model()).isEqualTo("deepseek-chat");
        assertThat(last.revision()).isEqualTo(3);
        assertThat(last.at()).isEqualTo(clock.instant());
        assertThat(last.latency()).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void asksNothingWhileTrafficShowsTheSame() {
        prompt.promoted(MadeUpRevision.number(1), null);
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
        prompt.promoted(MadeUpRevision.number(1), null);
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
        prompt.promoted(
                MadeUpRevision.of(2, "test-key-2", "deepseek-chat", LogLevel.INFO, List.of()),
                MadeUpRevision.number(1));

        prompt.settled(chat());
        prompt.settled(Settlements.refused());
        prompt.askIfNeeded();

        assertThat(asked).hasSize(1);
    }

    @Test
    void takesNoOtherTypeForAProof() {
        prompt.promoted(MadeUpRevision.number(1), null);

        prompt.settled(
                Settlements.answered(clock.instant(), "m", "embeddings", Duration.ofMillis(1)));
        prompt.askIfNeeded();

        assertThat(asked).hasSize(1);
    }

    @Test
    void provesAgainAfterAPromotion() {
        prompt.promoted(MadeUpRevision.number(1), null);
        prompt.settled(chat());

        prompt.promoted(MadeUpRevision.number(2), MadeUpRevision.number(1));
        prompt.askIfNeeded();

        assertThat(asked).hasSize(1);
    }

    @Test
    void keepsTheProofOverARenumbering() {
        prompt.promoted(MadeUpRevision.number(1), null);
        prompt.settled(chat());

        prompt.renumbered(MadeUpRevision.number(2), MadeUpRevision.number(1));
        prompt.askIfNeeded();

        assertThat(asked).isEmpty();
    }

    @Test
    void logsAnOutcomeOnceUntilItChanges() {
        prompt.promoted(MadeUpRevision.number(1), null);
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
    void asksSoonAfterAPromotionAndEndsWithTheProcess() {
        prompt.start(new StartupEvent());
        prompt.promoted(MadeUpRevision.number(1), null);
        prompt.promoted(MadeUpRevision.number(2), MadeUpRevision.number(1));

        // Two seconds and a fifth: what a fleet that rotates at once is spread over.
        await().atMost(Duration.ofSeconds(4)).until(() -> asked.size() == 1);
        prompt.stop(new ShutdownEvent());
        assertThat(prompt.last().orElseThrow().revision()).isEqualTo(2);
    }

    @Test
    void goesOnAfterAFaultOfItsOwn() {
        var failing =
                new HealthPrompt(
                        settings -> {
                            ask(settings);
                            throw new IllegalStateException("a message that quotes test-key-1");
                        },
                        config(true),
                        clock,
                        steady);
        List<String> lines;
        try (var tap = new LogTap()) {
            failing.start(new StartupEvent());
            failing.promoted(MadeUpRevision.number(1), null);
            await().atMost(Duration.ofSeconds(4)).until(() -> asked.size() == 1);
            failing.promoted(MadeUpRevision.number(2), null);
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
        var off = new HealthPrompt(this::ask, config(false), clock, steady);
        off.start(new StartupEvent());
        off.promoted(MadeUpRevision.number(1), null);

        await().during(Duration.ofSeconds(3)).atMost(Duration.ofSeconds(4)).until(asked::isEmpty);
    }

    private PromptOutcome ask(Settings settings) {
        asked.add(settings);
        return answer;
    }

    private Settlement chat() {
        return Settlements.answered(
                clock.instant(), "deepseek-chat", "chat", Duration.ofMillis(10));
    }

    private static HealthPromptConfig config(boolean enabled) {
        return new HealthPromptConfig() {
            @Override
            public boolean enabled() {
                return enabled;
            }

            @Override
            public Duration interval() {
                return INTERVAL;
            }
        };
    }
}
