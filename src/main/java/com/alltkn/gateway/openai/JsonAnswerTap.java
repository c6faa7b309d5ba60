package com.alltkn.gateway.openai;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Listens to a JSON answer that goes by in chunks: whether it is JSON by its first byte, whether
/// it is whole, and its usage. OpenAI answers end with `usage`, so the last 16 KiB suffice however
/// long the answer is; a shorter answer is read as a whole. Not safe for several threads.
public final class JsonAnswerTap implements AnswerTap {
    private static final int WINDOW = 16 * 1024;

    /// Enough for a usage with nothing behind it.
    private static final int LITTLE = 1024;

    private final TailWindow window = new TailWindow(WINDOW);
    private final @Nullable JsonBalance balance;
    private boolean begun;

    /// Listens to an answer from its first byte.
    ///
    /// @param closeDelimited whether only the end of the connection ends the answer
    public JsonAnswerTap(boolean closeDelimited) {
        this.balance = closeDelimited ? new JsonBalance() : null;
    }

    @Override
    public @Nullable Buffer accept(Buffer piece) {
        window.append(piece);
        if (balance != null) {
            balance.accept(piece);
        }
        return begun || canBegin(piece) ? piece : null;
    }

    @Override
    public Wholeness wholeness() {
        if (!begun) {
            return Wholeness.NO_ANSWER;
        }
        return balance == null || balance.whole() ? Wholeness.WHOLE : Wholeness.CUT;
    }

    @Override
    public int held() {
        return window.held() + (balance == null ? 0 : balance.held());
    }

    /// Goes on with little: a usage that does not stand at the very end stays unknown.
    @Override
    public Optional<Buffer> letGo() {
        window.shrink(LITTLE);
        if (balance != null) {
            balance.letGo();
        }
        return Optional.empty();
    }

    /// The usage of the answer, once it has gone by whole; empty if it has none, or none that can
    /// be trusted.
    @Override
    public Optional<Usage> usage() {
        if (window.isTruncated()) {
            return TailUsage.find(window.bytes(), window.from(), window.to(), 1);
        }
        var answer = new AnswerReader();
        return answer.read(window.bytes(), window.from(), window.to())
                ? answer.usage()
                : Optional.empty();
    }

    /// Whether a piece can be the start of a JSON answer: nothing but space so far, which keeps a
    /// connection alive, or an object or array behind it.
    private boolean canBegin(Buffer piece) {
        for (int i = 0; i < piece.length(); i++) {
            switch (piece.getByte(i)) {
                case ' ', '\t', '\r', '\n' -> {}
                case '{', '[' -> {
                    begun = true;
                    return true;
                }
                default -> {
                    return false;
                }
            }
        }
        return true;
    }
}
