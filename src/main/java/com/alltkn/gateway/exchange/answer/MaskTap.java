package com.alltkn.gateway.exchange.answer;

import com.alltkn.gateway.openai.AnswerTap;
import com.alltkn.gateway.secret.SecretMask;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/// Writes asterisks over the gateway's own key. It is never given up: what it holds back is shorter
/// than the longest form of the key, and only who knows the key could make it long.
final class MaskTap implements AnswerTap {

    private final SecretMask.Pieces pieces;

    MaskTap(SecretMask mask) {
        this.pieces = mask.pieces();
    }

    @Override
    public Buffer accept(Buffer piece) {
        return pieces.accept(piece);
    }

    @Override
    public Optional<Buffer> end() {
        var rest = pieces.end();
        return rest.length() == 0 ? Optional.empty() : Optional.of(rest);
    }

    @Override
    public int held() {
        return pieces.held();
    }
}
