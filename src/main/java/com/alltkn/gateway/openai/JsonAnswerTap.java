package com.alltkn.gateway.openai;

import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/// Listens to a JSON answer that goes by in chunks, for its usage. OpenAI answers end with `usage`,
/// so the last 16 KiB suffice however long the answer is; a shorter answer is read as a whole. Not
/// safe for several threads.
public final class JsonAnswerTap {
    private static final int WINDOW = 16 * 1024;

    /// Enough for a usage with nothing behind it.
    private static final int LITTLE = 1024;

    private final TailWindow window = new TailWindow(WINDOW);

    /// Notes a chunk; does not keep it.
    public void accept(Buffer chunk) {
        window.append(chunk);
    }

    /// How much it holds, in bytes.
    public int held() {
        return window.held();
    }

    /// Goes on with little: a usage that does not stand at the very end stays unknown.
    public void letGo() {
        window.shrink(LITTLE);
    }

    /// The usage of the answer, once it has gone by whole; empty if it has none, or none that can
    /// be trusted.
    public Optional<Usage> usage() {
        if (window.isTruncated()) {
            return TailUsage.find(window.bytes(), window.from(), window.to(), 1);
        }
        var answer = new AnswerReader();
        return answer.read(window.bytes(), window.from(), window.to())
                ? answer.usage()
                : Optional.empty();
    }
}
