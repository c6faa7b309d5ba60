package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.MutableClock;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.secret.Secret;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RevisionsTest {

    private static final Secret KEY = Secret.of("test-key-" + UUID.randomUUID());

    private final List<String> events = new ArrayList<>();
    private final MutableClock clock = new MutableClock(Instant.EPOCH);
    private final Revisions revisions =
            new Revisions(
                    List.of(new Faulty(), new Recorder(events)), new Signals(Pause.real()), clock);

    @Test
    void hasNoRevisionAtFirst() {
        assertThat(revisions.active()).isEmpty();
        assertThat(revisions.activeOrNull()).isNull();
        assertThat(revisions.view().stage()).isEqualTo(Stage.STARTING);
    }

    @Test
    void tellsOfAnotherContentAndOfAnotherNumberApart() {
        var settled = new Rollout.Starting().adopt(revision(1, "one"));
        revisions.move(settled, Promotion.PROVEN);
        revisions.move(settled.renumber(revision(2, "one")), Promotion.PROVEN);
        revisions.move(settled.verify(revision(3, "two")).promote(), Promotion.PROVEN);

        assertThat(revisions.active().map(Revision::number)).contains(3L);
        assertThat(events)
                .containsExactly(
                        "promoted 1 before null PROVEN",
                        "entered SETTLED",
                        "renumbered 2 before 1",
                        "promoted 3 before 2 PROVEN",
                        "entered PROBATION");
    }

    @Test
    void saysThatARevisionIsUnproven() {
        var unproven = new Rollout.Starting().makeDo(revision(1, "one"));
        revisions.move(unproven, Promotion.UNPROVEN);
        assertThat(revisions.view().stage()).isEqualTo(Stage.UNPROVEN);

        revisions.move(unproven.prove(), Promotion.PROVEN);

        assertThat(revisions.view().stage()).isNotEqualTo(Stage.UNPROVEN);
        assertThat(events)
                .containsExactly(
                        "promoted 1 before null UNPROVEN",
                        "entered UNPROVEN",
                        "proven 1",
                        "entered SETTLED");
    }

    @Test
    void tellsOfEveryReadThatGaveNothing() {
        var down = new Unavailable(SourceFailure.SEALED, "sealed");
        revisions.unavailable("vault", down);
        revisions.unavailable("vault", down);
        revisions.available("vault");

        assertThat(events).containsExactly("unavailable SEALED", "unavailable SEALED", "available");
    }

    @Test
    void raisesAnAlarmOncePerCauseAndKnowsItWhileItStands() {
        revisions.stand(Map.of(Alarm.PIN_TO_NOWHERE, "nowhere 9"), Optional.empty());
        revisions.stand(Map.of(Alarm.PIN_TO_NOWHERE, "nowhere 9"), Optional.empty());
        revisions.stand(
                Map.of(Alarm.PIN_TO_NOWHERE, "nowhere 8"),
                Optional.of(new Rejection(RejectionReason.BLANK, "is blank")));
        assertThat(revisions.view().alarms().keySet()).containsExactly(Alarm.PIN_TO_NOWHERE);
        assertThat(revisions.view().rejection().map(Rejection::reason))
                .contains(RejectionReason.BLANK);

        revisions.stand(Map.of(), Optional.empty());

        assertThat(revisions.view().alarms().keySet()).isEmpty();
        assertThat(revisions.view().rejection().map(Rejection::reason)).isEmpty();
        assertThat(events)
                .containsExactly(
                        "raised PIN_TO_NOWHERE nowhere 9", "raised PIN_TO_NOWHERE nowhere 8");
    }

    @Test
    void knowsForHowLongTheSourceHasBeenSilent() {
        clock.advance(Duration.ofSeconds(7));
        var before = revisions.view().source().age();

        revisions.available("vault");
        clock.advance(Duration.ofSeconds(2));
        revisions.unavailable("vault", new Unavailable(SourceFailure.SEALED, "sealed"));
        clock.advance(Duration.ofSeconds(1));

        assertThat(before).isEqualTo(Duration.ofSeconds(7));
        assertThat(revisions.view().source())
                .isEqualTo(
                        new Revisions.Source(
                                Duration.ofSeconds(3), Optional.of(SourceFailure.SEALED)));
    }

    @Test
    void knowsForHowLongACandidateHasWaitedBeItTheSameOrNot() {
        var one = revision(1, "one");
        var verifying = new Rollout.Starting().adopt(one).verify(revision(2, "two"));
        revisions.move(new Rollout.Starting().adopt(one), Promotion.PROVEN);
        var before = revisions.view().candidateAge();

        revisions.move(verifying, Promotion.PROVEN);
        clock.advance(Duration.ofMinutes(2));
        revisions.move(verifying.instead(revision(3, "three")), Promotion.PROVEN);
        clock.advance(Duration.ofMinutes(1));
        var during = revisions.view();
        revisions.move(verifying.giveUp(), Promotion.PROVEN);

        assertThat(before).isEmpty();
        assertThat(during.candidateAge()).contains(Duration.ofMinutes(3));
        assertThat(during.candidate()).contains(revision(3, "three"));
        assertThat(revisions.view().candidateAge()).isEmpty();
    }

    private static Revision revision(long number, String model) {
        var settings =
                new Settings(
                        KEY,
                        KeyId.of(KEY),
                        URI.create("https://api.alltkn.com/api/v1"),
                        model,
                        Duration.ofSeconds(60),
                        LogLevel.INFO,
                        List.of(),
                        0,
                        Clocks.OF_THE_PROCESS,
                        Map.of());
        return new Revision(number, settings, "vault");
    }

    private record Recorder(List<String> events) implements RevisionListener {

        @Override
        public void promoted(Revision now, @Nullable Revision before, Promotion how) {
            events.add(
                    "promoted "
                            + now.number()
                            + " before "
                            + (before == null ? null : before.number())
                            + " "
                            + how);
        }

        @Override
        public void renumbered(Revision now, Revision before) {
            events.add("renumbered " + now.number() + " before " + before.number());
        }

        @Override
        public void proven(Revision active) {
            events.add("proven " + active.number());
        }

        @Override
        public void entered(Stage stage, @Nullable Revision candidate) {
            events.add("entered " + stage);
        }

        @Override
        public void raised(Alarm alarm, String sentence) {
            events.add("raised " + alarm + " " + sentence);
        }

        @Override
        public void sourceUnavailable(SourceFailure reason, String detail) {
            events.add("unavailable " + reason);
        }

        @Override
        public void sourceAvailable() {
            events.add("available");
        }
    }

    private static final class Faulty implements RevisionListener {

        @Override
        public void promoted(Revision now, @Nullable Revision before) {
            throw new IllegalStateException("a listener's fault");
        }

        @Override
        public void sourceAvailable() {
            throw new IllegalStateException("a listener's fault");
        }
    }
}
