package com.alltkn.gateway.caller;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.lang.JoseException;

/// What makes a token a good one: signed by a key of the issuer with an asymmetric algorithm, from
/// this issuer, for this audience, with a subject, expiring, and in force. Pure.
final class TokenRules {

    /// No token in use comes near; a Kubernetes service account's has about 1 KiB.
    private static final int LONGEST = 8 * 1024;

    private static final Pattern COMPACT =
            Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

    private static final String[] ALGORITHMS = {
        AlgorithmIdentifiers.RSA_USING_SHA256,
        AlgorithmIdentifiers.RSA_USING_SHA384,
        AlgorithmIdentifiers.RSA_USING_SHA512,
        AlgorithmIdentifiers.RSA_PSS_USING_SHA256,
        AlgorithmIdentifiers.RSA_PSS_USING_SHA384,
        AlgorithmIdentifiers.RSA_PSS_USING_SHA512,
        AlgorithmIdentifiers.ECDSA_USING_P256_CURVE_AND_SHA256,
        AlgorithmIdentifiers.ECDSA_USING_P384_CURVE_AND_SHA384,
        AlgorithmIdentifiers.ECDSA_USING_P521_CURVE_AND_SHA512
    };
    private static final Set<String> ALLOWED = Set.of(ALGORITHMS);

    /// RFC 8725, section 3.11: what an issuer signs for another purpose says so, such as
    /// `logout+jwt`.
    private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

    private final String issuer;
    private final String audience;
    private final Duration leeway;

    /// @param issuer the only `iss`
    /// @param audience one of the `aud`
    /// @param leeway how far the issuer's clock may be from this one
    TokenRules(String issuer, String audience, Duration leeway) {
        this.issuer = issuer;
        this.audience = audience;
        this.leeway = leeway;
    }

    /// @param token as it came
    /// @param keys the issuer's
    /// @param now the time
    /// @return what is to be held of it
    TokenVerdict judge(String token, KeySet keys, Instant now) {
        if (token.length() > LONGEST || !COMPACT.matcher(token).matches()) {
            return new TokenVerdict.Refused();
        }
        try {
            var signature = new JsonWebSignature();
            signature.setCompactSerialization(token);
            if (!isOrdinary(signature)) {
                return new TokenVerdict.Refused();
            }
            var key = keys.keyOf(signature);
            if (key.isEmpty()) {
                return new TokenVerdict.KeyUnknown();
            }
            var claims = consumer(now).setVerificationKey(key.get()).build().processToClaims(token);
            return new TokenVerdict.Proven(
                    claims.getSubject(), claims.getExpirationTime().getValue());
        } catch (JoseException
                | InvalidJwtException
                | MalformedClaimException
                | RuntimeException e) {
            // Unchecked ones come of fields that are not of the type the library casts them to.
            // No message is kept: they repeat the token.
            return new TokenVerdict.Refused();
        }
    }

    /// @return whether what was proven once still holds
    boolean holds(TokenVerdict.Proven proven, Instant now) {
        return now.getEpochSecond() - leeway.toSeconds() < proven.expiry();
    }

    private static boolean isOrdinary(JsonWebSignature token) {
        var type = token.getHeader("typ");
        return ALLOWED.contains(String.valueOf(token.getAlgorithmHeaderValue()))
                && (type == null || TYPES.contains(type.toLowerCase(Locale.ROOT)))
                && token.getHeader("cty") == null
                && token.getHeaders().getObjectHeaderValue("crit") == null;
    }

    private JwtConsumerBuilder consumer(Instant now) {
        return new JwtConsumerBuilder()
                .setJwsAlgorithmConstraints(ConstraintType.PERMIT, ALGORITHMS)
                .setExpectedIssuer(true, issuer)
                .setExpectedAudience(true, audience)
                .setRequireSubject()
                .setRequireExpirationTime()
                .setAllowedClockSkewInSeconds(Math.toIntExact(leeway.toSeconds()))
                .setEvaluationTime(NumericDate.fromSeconds(now.getEpochSecond()));
    }
}
