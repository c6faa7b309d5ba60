package com.alltkn.gateway.secret;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Writes asterisks over a secret wherever bytes show it, as many as it has bytes. Any thread may
/// use it.
public final class SecretMask {

    private final byte[] secret;

    /// How far a search may go on from a last byte that does not fit (Horspool).
    private final int[] skips = new int[256];

    /// @param secret what to hide; not empty
    public SecretMask(Secret secret) {
        this.secret = secret.reveal().getBytes(StandardCharsets.UTF_8);
        Arrays.fill(skips, this.secret.length);
        for (int i = 0; i < this.secret.length - 1; i++) {
            skips[this.secret[i] & 0xff] = this.secret.length - 1 - i;
        }
    }

    /// @return what hides the secret in the pieces of one body
    public Pieces pieces() {
        return new Pieces();
    }

    private void mask(Buffer bytes) {
        var last = secret.length - 1;
        for (int end = last; end < bytes.length(); ) {
            var at = bytes.getByte(end);
            if (at == secret[last] && fits(bytes, end - last, last)) {
                for (int i = end - last; i <= end; i++) {
                    bytes.setByte(i, (byte) '*');
                }
                end += secret.length;
            } else {
                end += skips[at & 0xff];
            }
        }
    }

    /// @return how many of the last bytes may be the secret's first
    private int begun(Buffer bytes) {
        for (int n = Math.min(secret.length - 1, bytes.length()); n > 0; n--) {
            if (fits(bytes, bytes.length() - n, n)) {
                return n;
            }
        }
        return 0;
    }

    private boolean fits(Buffer bytes, int from, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes.getByte(from + i) != secret[i]) {
                return false;
            }
        }
        return true;
    }

    /// One body, as it comes. For one thread at a time.
    public final class Pieces {

        private @Nullable Buffer held;

        private Pieces() {}

        /// Takes a piece, which is written over.
        ///
        /// @return what can go on: all but an end that the secret may begin with
        public Buffer accept(Buffer piece) {
            var bytes = held == null ? piece : held.appendBuffer(piece);
            held = null;
            mask(bytes);
            var begun = begun(bytes);
            if (begun == 0) {
                return bytes;
            }
            var whole = bytes.length() - begun;
            held = bytes.getBuffer(whole, bytes.length());
            return bytes.getBuffer(0, whole);
        }

        /// @return what was held back, for nothing follows
        public Buffer end() {
            var rest = held == null ? Buffer.buffer() : held;
            held = null;
            return rest;
        }
    }
}
