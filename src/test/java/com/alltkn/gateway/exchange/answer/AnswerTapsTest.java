package com.alltkn.gateway.exchange.answer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.openai.AnswerTap;
import com.alltkn.gateway.openai.AnswerTap.BreakOff;
import com.alltkn.gateway.openai.AnswerTap.Wholeness;
import com.alltkn.gateway.openai.StreamEnd;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.secret.Secret;
import com.alltkn.gateway.secret.SecretMask;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnswerTapsTest {

    private static final String KEY = "test-key";
    private static final String USAGE =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n";
    private static final String DONE = "data: [DONE]\n\n";

    private final SecretMask mask = new SecretMask(Secret.of(KEY));
    private final List<String> passed = new ArrayList<>();

    @Test
    void giveEachPartWhatTheOneBeforeItLetsGoOn() {
        var recorder = new Recorder();
        var taps = new AnswerTaps(new MaskTap(mask), new Doubling(), recorder);

        pass(taps, "a test");
        pass(taps, "-key b");
        var end = taps.end(this::passed);

        assertThat(end).isEqualTo(Wholeness.WHOLE);
        assertThat(passed).containsExactly("a a ", "******** b******** b");
        assertThat(recorder.seen).isEqualTo(passed);
    }

    @Test
    void giveWhatOneHeldBackToThoseBehindIt() {
        var recorder = new Recorder();
        var taps = new AnswerTaps(new MaskTap(mask), recorder);
        pass(taps, "ends with test");

        taps.end(this::passed);

        assertThat(passed).containsExactly("ends with ", "test");
        assertThat(recorder.seen).isEqualTo(passed);
    }

    @Test
    void stopAtOneWhoSaysThatThisIsNoAnswer() {
        var recorder = new Recorder();
        var refusing =
                new AnswerTap() {
                    @Override
                    public @Nullable Buffer accept(Buffer piece) {
                        return null;
                    }
                };

        assertThat(new AnswerTaps(refusing, recorder).accept(Buffer.buffer("x"))).isNull();
        assertThat(recorder.seen).isEmpty();
    }

    @Test
    void sayWhatIsMissingAsTheFirstDoesWhoMissesIt() {
        assertThat(end(AnswerKind.EVENTS, false, USAGE + DONE)).isEqualTo(Wholeness.WHOLE);
        assertThat(end(AnswerKind.EVENTS, false, USAGE)).isEqualTo(Wholeness.CUT);
        assertThat(end(AnswerKind.EVENTS, true, "data: [DONE]\n")).isEqualTo(Wholeness.CUT);
        assertThat(end(AnswerKind.JSON, false, "{\"a\":")).isEqualTo(Wholeness.WHOLE);
        assertThat(end(AnswerKind.JSON, true, "{\"a\":")).isEqualTo(Wholeness.CUT);
        assertThat(end(AnswerKind.JSON, false, " \n")).isEqualTo(Wholeness.NO_ANSWER);
        assertThat(end(AnswerKind.OPAQUE, true, "RIFF")).isEqualTo(Wholeness.WHOLE);
    }

    @Test
    void readUsageThatTheCallerDoesNotSee() {
        var taps = taps(AnswerKind.EVENTS, false);

        pass(taps, USAGE.substring(0, 30));
        pass(taps, USAGE.substring(30) + DONE);
        taps.end(this::passed);

        assertThat(String.join("", passed)).isEqualTo(DONE);
        assertThat(taps.usage()).contains(new Usage(3, 4));
    }

    @Test
    void breakAStreamOffWithAnErrorUnlessItHasOneOrIsOver() {
        var open = taps(AnswerKind.EVENTS, false);
        pass(open, "data: {\"a\":1}\n\ndata: {");
        var over = taps(AnswerKind.EVENTS, false);
        pass(over, DONE);
        var failed = taps(AnswerKind.EVENTS, false);
        pass(failed, "data: {\"error\":{}}\n");
        passed.clear();

        assertThat(open.breakOff(this::passed)).isEqualTo(new BreakOff.Say(Buffer.buffer("\n\n")));
        assertThat(over.breakOff(this::passed)).isEqualTo(new BreakOff.Cut());
        assertThat(passed).isEmpty();
        assertThat(failed.breakOff(this::passed)).isEqualTo(new BreakOff.Said(Buffer.buffer("\n")));
        assertThat(passed).containsExactly("data: {\"error\":{}}\n");
        assertThat(taps(AnswerKind.JSON, false).breakOff(this::passed))
                .isEqualTo(new BreakOff.Cut());
    }

    private Wholeness end(AnswerKind kind, boolean closeDelimited, String answer) {
        var taps = taps(kind, closeDelimited);
        pass(taps, answer);
        return taps.end(this::passed);
    }

    private AnswerTaps taps(AnswerKind kind, boolean closeDelimited) {
        return AnswerTaps.of(kind, StreamEnd.DONE, true, closeDelimited, mask);
    }

    private void pass(AnswerTaps taps, String piece) {
        passed(requireNonNull(taps.accept(Buffer.buffer(piece))));
    }

    private void passed(Buffer piece) {
        passed.add(piece.toString());
    }

    /// Sees what goes by.
    private static final class Recorder implements AnswerTap {

        final List<String> seen = new ArrayList<>();

        @Override
        public Buffer accept(Buffer piece) {
            seen.add(piece.toString());
            return piece;
        }
    }

    /// Lets everything go on twice.
    private static final class Doubling implements AnswerTap {

        @Override
        public Buffer accept(Buffer piece) {
            return Buffer.buffer().appendBuffer(piece).appendBuffer(piece);
        }
    }
}
