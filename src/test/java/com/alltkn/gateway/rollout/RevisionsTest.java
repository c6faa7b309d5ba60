package com.alltkn.gateway.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.rollout.Reading.Found;
import com.alltkn.gateway.rollout.Reading.Unavailable;
import com.alltkn.gateway.rollout.Reading.Unchanged;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RevisionsTest {

    private static final String KEY = "test-key-" + UUID.randomUUID();

    private final List<String> events = new ArrayList<>();
    private final Revisions revisions =
            new Revisions(parser(), List.of(new Faulty(), new Recorder(events)));

    @Test
    void hasNoRevisionBeforeTheFirstGoodReading() {
        revisions.take("vault", new Unchanged());

        assertThat(revisions.active()).isEmpty();
        assertThat(revisions.activeOrNull()).isNull();
    }

    @Test
    void promotesWhatParses() {
        revisions.take("vault", found(3, KEY));
        revisions.take("vault", found(4, KEY + "-2"));

        assertThat(revisions.active().map(Revision::number)).contains(4L);
        assertThat(events)
                .containsExactly(
                        "available", "promoted 3 before null", "available", "promoted 4 before 3");
    }

    @Test
    void onlyRenumbersTheSameContent() {
        revisions.take("vault", found(3, KEY));
        revisions.take("vault", found(1, KEY));

        assertThat(revisions.active().map(Revision::number)).contains(1L);
        assertThat(events).endsWith("renumbered 1 before 3");
    }

    @Test
    void saysNothingOfTheSameContentUnderTheSameNumber() {
        revisions.take("vault", found(3, KEY));
        revisions.take("vault", found(3, KEY));

        assertThat(events).containsExactly("available", "promoted 3 before null", "available");
    }

    @Test
    void keepsTheRevisionWhenTheNextIsRejected() {
        revisions.take("vault", found(3, KEY));
        revisions.take("vault", found(4, "changeme"));

        assertThat(revisions.active().map(Revision::number)).contains(3L);
        assertThat(events).endsWith("rejected 4 vault KEY_PLACEHOLDER");
    }

    @Test
    void tellsOfARejectedContentOnceWhateverItsNumber() {
        revisions.take("vault", found(4, "changeme"));
        revisions.take("vault", found(4, "changeme"));
        revisions.take("vault", found(5, "changeme"));
        revisions.take("vault", found(6, "todo"));

        assertThat(events.stream().filter(event -> event.startsWith("rejected")))
                .containsExactly(
                        "rejected 4 vault KEY_PLACEHOLDER", "rejected 6 vault KEY_PLACEHOLDER");
    }

    @ParameterizedTest
    @EnumSource
    void keepsTheRevisionWhateverHappensToTheSource(SourceFailure reason) {
        revisions.take("vault", found(3, KEY));
        revisions.take("vault", new Unavailable(reason, "detail"));

        assertThat(revisions.active().map(Revision::number)).contains(3L);
        assertThat(events).endsWith("unavailable " + reason);
    }

    private static SettingsParser parser() {
        return new SettingsParser(
                new AllowedHosts(Strictness.PROD, Set.of("api.alltkn.com")), Map.of());
    }

    private static Found found(long number, String key) {
        return new Found(number, Map.of("ALLTKN_API_KEY", key));
    }

    private record Recorder(List<String> events) implements RevisionListener {

        @Override
        public void promoted(Revision now, @Nullable Revision before) {
            events.add(
                    "promoted "
                            + now.number()
                            + " before "
                            + (before == null ? null : before.number()));
        }

        @Override
        public void renumbered(Revision now, Revision before) {
            events.add("renumbered " + now.number() + " before " + before.number());
        }

        @Override
        public void rejected(long number, String source, RejectionReason reason, String sentence) {
            events.add("rejected " + number + " " + source + " " + reason);
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
