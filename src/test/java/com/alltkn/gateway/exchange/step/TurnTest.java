package com.alltkn.gateway.exchange.step;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.error.GatewayError;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TurnTest {

    private final MadeUpRequest request = MadeUpRequest.chat();
    private final List<String> told = new ArrayList<>();
    private final Pausing first = new Pausing("first");
    private final Pausing second = new Pausing("second");
    private final Turn<?> turn =
            new Turn<>(
                    Steps.first((Arrival arrival, Turn<Mark> own) -> first.take(arrival, own))
                            .then(second::take),
                    request.arrival(),
                    new Told());

    @Test
    void takesTheStepsInTheirOrder() {
        turn.start();
        first.goOn();
        second.goOn();

        assertThat(told)
                .containsExactly("first takes arrival", "second takes first", "completed second");
    }

    @Test
    void takesNoFurtherStepAfterAnAnswer() {
        turn.start();

        first.turn().answer(new byte[0]);

        assertThat(told).containsExactly("first takes arrival", "answered arrival");
    }

    @Test
    void takesNoFurtherStepAfterARefusal() {
        turn.start();

        first.turn().refuse(new GatewayError.Overloaded());

        assertThat(told)
                .containsExactly("first takes arrival", "refused gateway_overloaded at arrival");
    }

    @Test
    void knowsHowFarAStepCameThatRefuses() {
        turn.start();

        first.turn().reached(new Mark(request.arrival(), "half"));
        first.turn().refuse(new GatewayError.Overloaded());

        assertThat(told).endsWith("refused gateway_overloaded at half");
    }

    @Test
    void givesBackWhatALateStepTook() {
        turn.start();
        turn.tryEnd();

        first.goOn();

        assertThat(told).containsExactly("first takes arrival", "first is given back");
        assertThat(turn.reached()).isEqualTo(request.arrival());
    }

    @Test
    void tellsNothingOnceItIsOver() {
        turn.start();
        turn.tryEnd();

        first.turn().answer(new byte[0]);
        first.turn().refuse(new GatewayError.Overloaded());
        first.turn().reached(new Mark(request.arrival(), "half"));

        assertThat(told).containsExactly("first takes arrival");
        assertThat(turn.reached()).isEqualTo(request.arrival());
    }

    @Test
    void runsOnItsEventLoopWhatCameFromElsewhere() {
        turn.later(() -> told.add("later"));
        assertThat(told).isEmpty();

        request.turn();

        assertThat(told).containsExactly("later");
    }

    @Test
    void runsNothingThatCameTooLate() {
        turn.later(() -> told.add("later"));
        turn.tryEnd();

        request.turn();

        assertThat(told).isEmpty();
    }

    @Test
    void cancelsWhatIsUnderWayOnce() {
        turn.start();
        first.turn().underWay(() -> told.add("cancelled"));

        turn.cancel();
        turn.cancel();

        assertThat(told).containsExactly("first takes arrival", "cancelled");
    }

    @Test
    void cancelsNothingOfAStepThatIsDone() {
        turn.start();
        first.turn().underWay(() -> told.add("cancelled"));
        first.goOn();

        turn.cancel();

        assertThat(told).doesNotContain("cancelled");
    }

    @Test
    void endsOnce() {
        assertThat(turn.isOver()).isFalse();
        assertThat(turn.tryEnd()).isTrue();
        assertThat(turn.tryEnd()).isFalse();
        assertThat(turn.isOver()).isTrue();
    }

    /// A step that goes on when it is told to.
    private final class Pausing {

        private final String name;
        private @Nullable Progress input;
        private @Nullable Turn<Mark> turn;

        Pausing(String name) {
            this.name = name;
        }

        void take(Progress input, Turn<Mark> turn) {
            told.add(name + " takes " + nameOf(input));
            this.input = input;
            this.turn = turn;
        }

        Turn<Mark> turn() {
            return Objects.requireNonNull(turn);
        }

        void goOn() {
            turn().go(new Mark(Objects.requireNonNull(input), name));
        }
    }

    private static String nameOf(Progress progress) {
        return progress instanceof Mark mark ? mark.name : "arrival";
    }

    private final class Told implements Turn.Ends {

        @Override
        public void answering(MultiMap headers) {
            told.add("answering");
        }

        @Override
        public void completed() {
            told.add("completed " + nameOf(turn.reached()));
        }

        @Override
        public void answered(byte[] json) {
            told.add("answered " + nameOf(turn.reached()));
        }

        @Override
        public void refused(Refusal refusal) {
            told.add("refused " + refusal.failure() + " at " + nameOf(turn.reached()));
        }
    }

    private final class Mark implements Progress {

        private final Progress before;
        private final String name;

        Mark(Progress before, String name) {
            this.before = before;
            this.name = name;
        }

        @Override
        public Progress before() {
            return before;
        }

        @Override
        public void giveBack() {
            told.add(name + " is given back");
        }
    }
}
