package com.alltkn.gateway.secret;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// Characters that must reach one place only. They leave through [#reveal()] and through nothing
/// else: this is a class and not a record, which would hand its parts to every serializer, and it
/// has no getter that a serializer would find.
public final class Secret {

    private final String characters;

    private Secret(String characters) {
        this.characters = characters;
    }

    /// @param characters what is secret; may be empty, so that a rule elsewhere can say so
    /// @return the secret
    public static Secret of(String characters) {
        return new Secret(characters);
    }

    /// The only way out. Each call is a place to look at in a review.
    ///
    /// @return the characters
    public String reveal() {
        return characters;
    }

    /// Takes as long for a near miss as for a far one; only the length can be told from the time.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Secret secret && MessageDigest.isEqual(bytes(), secret.bytes());
    }

    /// The same for every secret: a hash of the characters would let whoever sees it test guesses.
    @Override
    public int hashCode() {
        return Secret.class.getName().hashCode();
    }

    @Override
    public String toString() {
        return "Secret[redacted]";
    }

    private byte[] bytes() {
        return characters.getBytes(StandardCharsets.UTF_8);
    }
}
