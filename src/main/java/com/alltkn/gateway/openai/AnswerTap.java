package com.alltkn.gateway.openai;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A part that reads along one answer, piece by piece, on its way to the caller. It may hold a part
/// of it back, or leave one out; what it lets go on is what the next tap gets. For one thread at a
/// time.
public interface AnswerTap {

    /// Takes a piece, and keeps none of it but what it copies.
    ///
    /// @param piece may be empty
    /// @return what goes on of it, perhaps nothing; the piece itself if that is all of it; null if
    ///   this is no answer to what was asked, and none of it may go on
    @Nullable Buffer accept(Buffer piece);

    /// Takes the end of the answer, whole or not.
    ///
    /// @return what was held back and goes on now; empty if nothing was
    default Optional<Buffer> end() {
        return Optional.empty();
    }

    /// Tells, once all has gone by, whether it was an answer.
    default Wholeness wholeness() {
        return Wholeness.WHOLE;
    }

    /// Tells how an answer is broken off here that has begun. Asked once, in place of `end`.
    default BreakOff breakOff() {
        return new BreakOff.Cut();
    }

    /// What upstream counted, as far as it has said so.
    default Optional<Usage> usage() {
        return Optional.empty();
    }

    /// How much memory it takes for what it holds, in bytes.
    default int held() {
        return 0;
    }

    /// Goes on with as little as it can do with, for there is no memory to hold more. It may then
    /// know less of the answer; the answer itself loses nothing.
    ///
    /// @return what was held back and goes on for that; empty if nothing does
    default Optional<Buffer> letGo() {
        return Optional.empty();
    }

    /// Whether an answer is one.
    enum Wholeness {
        /// It is, as far as this part can tell.
        WHOLE,
        /// Its end is missing.
        CUT,
        /// It is none at all.
        NO_ANSWER
    }

    /// How an answer is broken off.
    sealed interface BreakOff {

        /// Nothing can be said in it, or need be: it is cut.
        record Cut() implements BreakOff {}

        /// It says what went wrong.
        ///
        /// @param closing ends what is open in it
        record Say(Buffer closing) implements BreakOff {}

        /// It has said so itself, perhaps within what is still held back.
        ///
        /// @param closing ends what is open in it
        record Said(Buffer closing) implements BreakOff {}
    }
}
