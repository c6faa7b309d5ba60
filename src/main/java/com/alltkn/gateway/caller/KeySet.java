package com.alltkn.gateway.caller;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.VerificationJwkSelector;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;

/// The public keys of an issuer as they were at one time, and the tokens that were proven with
/// them: where a key is gone, so is what it proved.
final class KeySet {

    /// Only proven tokens are kept, a few hundred bytes each, and a caller has one an hour.
    private static final int MOST_PROVEN = 10_000;

    private final List<JsonWebKey> keys;
    private final Map<ByteBuffer, TokenVerdict.Proven> proven = new ConcurrentHashMap<>();

    private KeySet(List<JsonWebKey> keys) {
        this.keys = keys;
    }

    /// @param json a JSON Web Key Set, of which the RSA and EC keys count
    /// @return the keys, perhaps none
    /// @throws IOException if it is no key set
    static KeySet parse(byte[] json) throws IOException {
        List<JsonWebKey> all;
        try {
            all = new JsonWebKeySet(new String(json, StandardCharsets.UTF_8)).getJsonWebKeys();
        } catch (JoseException | RuntimeException e) {
            // Unchecked ones come of fields that are not of the type the library casts them to.
            throw new IOException("the answer is no key set");
        }
        return new KeySet(
                all.stream()
                        .filter(key ->
                                key instanceof RsaJsonWebKey
                                        || key instanceof EllipticCurveJsonWebKey)
                        .toList());
    }

    /// @return whether there is no key that a token could be signed with
    boolean isEmpty() {
        return keys.isEmpty();
    }

    /// Finds the key that a token says it was signed with. Only the token's `kid` and `alg` matter:
    /// no key comes from the token, and none from an address in it.
    ///
    /// @param token its header was read, nothing of it is verified
    /// @return the only key that it can be
    Optional<Key> keyOf(JsonWebSignature token) throws JoseException {
        var fitting = new VerificationJwkSelector().selectList(token, keys);
        return fitting.size() == 1 ? Optional.of(fitting.getFirst().getKey()) : Optional.empty();
    }

    /// @param digest of a token
    /// @return what it proved before
    Optional<TokenVerdict.Proven> proven(ByteBuffer digest) {
        return Optional.ofNullable(proven.get(digest));
    }

    /// @param digest of a token
    /// @param verdict what it proves
    void remember(ByteBuffer digest, TokenVerdict.Proven verdict) {
        if (proven.size() >= MOST_PROVEN) {
            proven.clear();
        }
        proven.put(digest, verdict);
    }
}
