package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.openai.AnswerTap;
import com.alltkn.gateway.openai.AnswerTap.BreakOff;
import com.alltkn.gateway.openai.AnswerTap.Wholeness;
import com.alltkn.gateway.openai.JsonAnswerTap;
import com.alltkn.gateway.openai.SseTap;
import com.alltkn.gateway.openai.StreamEnd;
import com.alltkn.gateway.openai.Usage;
import com.alltkn.gateway.openai.UsageChunkFilter;
import com.alltkn.gateway.secret.SecretMask;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The parts that read along one answer, each on what the one before it lets go on. For one thread
/// at a time.
public final class AnswerTaps {

    private final AnswerTap[] taps;

    /// @param taps in the order in which they read; not copied
    AnswerTaps(AnswerTap... taps) {
        this.taps = taps;
    }

    /// Makes the list. The mask comes first, so that nobody behind it ever sees the key.
    ///
    /// @param usageAdded whether the gateway asked for a usage that the caller did not
    /// @param closeDelimited whether only the end of the connection ends the answer
    public static AnswerTaps of(
            AnswerKind kind,
            StreamEnd streamEnd,
            boolean usageAdded,
            boolean closeDelimited,
            SecretMask mask) {
        var masked = new MaskTap(mask);
        return switch (kind) {
            case EVENTS -> {
                if (usageAdded) {
                    var filter = new UsageChunkFilter();
                    yield new AnswerTaps(
                            masked, new SseTap(streamEnd, closeDelimited, filter), filter);
                }
                yield new AnswerTaps(masked, new SseTap(streamEnd, closeDelimited));
            }
            case JSON -> new AnswerTaps(masked, new JsonAnswerTap(closeDelimited));
            case OPAQUE, NOTHING -> new AnswerTaps(masked);
        };
    }

    /// Takes a piece of the answer.
    ///
    /// @return what goes on to the caller, perhaps nothing; null if this is no answer
    @Nullable Buffer accept(Buffer piece) {
        return pass(piece, 0);
    }

    /// Takes the end of the answer.
    ///
    /// @param passed is given what still goes on to the caller
    /// @return whether it was an answer
    Wholeness end(Consumer<Buffer> passed) {
        var isAnswer = end(0, passed);
        for (int i = 0; isAnswer && i < taps.length; i++) {
            var one = taps[i].wholeness();
            if (one != Wholeness.WHOLE) {
                return one;
            }
        }
        return isAnswer ? Wholeness.WHOLE : Wholeness.NO_ANSWER;
    }

    /// Tells how the answer is broken off.
    ///
    /// @param passed is given what still goes on to the caller before that
    BreakOff breakOff(Consumer<Buffer> passed) {
        for (int i = 0; i < taps.length; i++) {
            var how = taps[i].breakOff();
            if (how instanceof BreakOff.Said) {
                // Upstream's own words, perhaps not yet ended by their blank line.
                end(i + 1, passed);
            }
            if (!(how instanceof BreakOff.Cut)) {
                return how;
            }
        }
        return new BreakOff.Cut();
    }

    /// @return what upstream counted, as far as it has said so
    Optional<Usage> usage() {
        for (var tap : taps) {
            var usage = tap.usage();
            if (usage.isPresent()) {
                return usage;
            }
        }
        return Optional.empty();
    }

    /// @return how much memory they take for what they hold, in bytes
    int held() {
        var held = 0;
        for (var tap : taps) {
            held += tap.held();
        }
        return held;
    }

    /// Lets all of them go on with as little as they can do with.
    ///
    /// @param passed is given what goes on to the caller for that
    void letGo(Consumer<Buffer> passed) {
        for (int i = 0; i < taps.length; i++) {
            var rest = taps[i].letGo();
            if (rest.isPresent()) {
                pass(rest.get(), i + 1, passed);
            }
        }
    }

    private boolean end(int from, Consumer<Buffer> passed) {
        for (int i = from; i < taps.length; i++) {
            var rest = taps[i].end();
            if (rest.isPresent() && !pass(rest.get(), i + 1, passed)) {
                return false;
            }
        }
        return true;
    }

    private boolean pass(Buffer piece, int from, Consumer<Buffer> passed) {
        var rest = pass(piece, from);
        if (rest != null) {
            passed.accept(rest);
        }
        return rest != null;
    }

    private @Nullable Buffer pass(Buffer piece, int from) {
        var passed = piece;
        for (int i = from; i < taps.length; i++) {
            var rest = taps[i].accept(passed);
            if (rest == null) {
                return null;
            }
            passed = rest;
        }
        return passed;
    }
}
