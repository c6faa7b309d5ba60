package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.alltkn.gateway.caller.TokenVerdict.KeyUnknown;
import com.alltkn.gateway.caller.TokenVerdict.Proven;
import com.alltkn.gateway.caller.TokenVerdict.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey.OutputControlLevel;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctJwkGenerator;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the issuer's own keys sign, good and bad. `NOW` is 1,000,000 and the leeway 30 s.
class TokenRulesTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_000_000);
    private static final String HEADER = "{'alg':'RS256','kid':'rsa'}";
    private static final String CLAIMS =
            "{'iss':'https://i','aud':'gateway','sub':'billing','exp':1000100}";

    private static PublicJsonWebKey rsa;
    private static PublicJsonWebKey ec;
    private static PublicJsonWebKey p384;
    private static KeySet keys;

    private final TokenRules rules = new TokenRules("https://i", "gateway", Duration.ofSeconds(30));

    @BeforeAll
    static void makeKeys() throws JoseException, IOException {
        rsa = RsaJwkGenerator.generateJwk(2048);
        rsa.setKeyId("rsa");
        ec = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        ec.setKeyId("ec");
        p384 = EcJwkGenerator.generateJwk(EllipticCurves.P384);
        p384.setKeyId("p384");
        var secret = OctJwkGenerator.generateJwk(256);
        secret.setKeyId("secret");
        keys =
                KeySet.parse(
                        new JsonWebKeySet(rsa, ec, p384, secret)
                                .toJson(OutputControlLevel.INCLUDE_SYMMETRIC)
                                .getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                CLAIMS,
                "{'iss':'https://i','aud':['x','gateway'],'sub':'billing','exp':1000100}",
                "{'iss':'https://i','aud':['gateway'],'sub':'billing','exp':1000100,'nbf':1000000}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':1000100,'nbf':1000030}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':1000100,"
                        + "'kubernetes.io':{'namespace':'shop','serviceaccount':{'name':'b'}}}",
            })
    void provesGoodClaims(String claims) throws JoseException {
        assertThat(judge(HEADER, claims)).isEqualTo(new Proven("billing", 1_000_100));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // expired, beyond the leeway and far beyond
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':999970}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':0}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':-1}",
                // no expiry, or none that is a time
                "{'iss':'https://i','aud':'gateway','sub':'billing'}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':null}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':'1000100'}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':[1000100]}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':true}",
                // not yet
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':1000100,'nbf':1000031}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':1000100,'nbf':'x'}",
                // another issuer
                "{'aud':'gateway','sub':'billing','exp':1000100}",
                "{'iss':'https://i/','aud':'gateway','sub':'billing','exp':1000100}",
                "{'iss':'https://I','aud':'gateway','sub':'billing','exp':1000100}",
                "{'iss':['https://i'],'aud':'gateway','sub':'billing','exp':1000100}",
                // another audience
                "{'iss':'https://i','sub':'billing','exp':1000100}",
                "{'iss':'https://i','aud':'gateway2','sub':'billing','exp':1000100}",
                "{'iss':'https://i','aud':[],'sub':'billing','exp':1000100}",
                "{'iss':'https://i','aud':['x','y'],'sub':'billing','exp':1000100}",
                "{'iss':'https://i','aud':{'gateway':1},'sub':'billing','exp':1000100}",
                // no subject
                "{'iss':'https://i','aud':'gateway','exp':1000100}",
                "{'iss':'https://i','aud':'gateway','sub':null,'exp':1000100}",
                "{'iss':'https://i','aud':'gateway','sub':['billing'],'exp':1000100}",
                // a claim twice
                "{'iss':'https://i','aud':'gateway','sub':'a','sub':'billing','exp':1000100}",
                "{'iss':'https://i','aud':'gateway','sub':'billing','exp':1,'exp':1000100}",
                "{'iss':'https://i','aud':'gateway','sub':'a','s\\u0075b':'billing','exp':1000100}",
                // no claims
                "{}",
                "[]",
                "null",
                "'billing'",
                "not json",
            })
    void refusesOtherClaims(String claims) throws JoseException {
        assertThat(judge(HEADER, claims)).isEqualTo(new Refused());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'alg':'RS256','kid':'rsa','typ':'JWT'}",
                "{'alg':'RS256','kid':'rsa','typ':'at+jwt'}",
                "{'alg':'RS384','kid':'rsa'}",
                "{'alg':'PS256','kid':'rsa'}",
                "{'alg':'RS256','kid':'rsa','jku':'https://elsewhere','x5u':'https://elsewhere'}",
            })
    void provesTokensWithOtherHeaders(String header) throws JoseException {
        assertThat(judge(header, CLAIMS)).isEqualTo(new Proven("billing", 1_000_100));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'alg':'RS256','kid':'rsa','typ':'logout+jwt'}",
                "{'alg':'RS256','kid':'rsa','cty':'JWT'}",
                "{'alg':'RS256','kid':'rsa','crit':['exp']}",
                "{'alg':'RS256','kid':'rsa','crit':['b64'],'b64':false}",
                "{'alg':'rs256','kid':'rsa'}",
                "{'alg':'none','kid':'rsa'}",
                "{'alg':'None'}",
                "{'alg':'HS256','kid':'secret'}",
                "{'alg':'HS256','kid':'rsa'}",
                "{'alg':['RS256'],'kid':'rsa'}",
                "{'alg':'RS256','kid':['rsa']}",
                "{'alg':'RS256','kid':'rsa','typ':1}",
                "{'alg':'RS256','kid':'rsa','crit':'exp'}",
                "{'alg':'RS256','alg':'none','kid':'rsa'}",
                "{'kid':'rsa'}",
                "{}",
                "[]",
            })
    void refusesTokensWithOtherHeadersThoughTheSignatureIsGood(String header) throws JoseException {
        assertThat(judge(header, CLAIMS)).isEqualTo(new Refused());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'alg':'RS256','kid':'unknown'}",
                "{'alg':'RS256','kid':'../../dev/null'}",
                "{'alg':'RS256','kid':'rsa\\u0000'}",
                "{'alg':'RS256','kid':''}",
                "{'alg':'RS256','kid':'ec'}",
                "{'alg':'ES256','kid':'rsa'}",
                "{'alg':'ES512','kid':'ec'}",
                "{'alg':'RS256','kid':'secret'}",
            })
    void knowsNoKeyThatIsNotTheIssuersOrNotForTheAlgorithm(String header) throws JoseException {
        assertThat(judge(header, CLAIMS)).isIn(new KeyUnknown(), new Refused());
    }

    @Test
    void provesEllipticCurves() throws JoseException {
        assertThat(signed(ec, "ES256", "ec")).isEqualTo(new Proven("billing", 1_000_100));
        assertThat(signed(p384, "ES384", "p384")).isEqualTo(new Proven("billing", 1_000_100));
    }

    @Test
    void provesATokenThatNamesNoKeyWhereOnlyOneCanBeMeant() throws JoseException {
        assertThat(judge("{'alg':'RS256'}", CLAIMS)).isEqualTo(new Proven("billing", 1_000_100));
    }

    @Test
    void refusesWhatHasNotTheShapeOfOneSignedToken() throws JoseException {
        var good = token(HEADER, CLAIMS);
        var parts = good.split("\\.", -1);

        for (var bad :
                new String[] {
                    good + "." + parts[2],
                    good + ".",
                    parts[0] + "." + parts[1],
                    parts[0] + "." + parts[1] + ".",
                    parts[0] + ".." + parts[2],
                    good + "=",
                    good + " ",
                    good.replace(".", ". "),
                    parts[0] + "." + parts[1] + "." + parts[2].substring(0, 40),
                    parts[0] + "." + parts[1] + "." + parts[2] + "!!!!",
                    good + "\u0000",
                    "eyJ..",
                    encoded("{'payload':'" + parts[1] + "','signatures':[{},{}]}") + ".e.e",
                    "eyJ" + "a".repeat(9_000) + ".a.a",
                    encoded("{'a':" + "[".repeat(4_000)) + ".a.a",
                }) {
            assertThat(rules.judge(bad, keys, NOW)).as(bad).isEqualTo(new Refused());
        }
    }

    @Test
    void refusesATokenThatIsLongerThanAny() throws JoseException {
        var claims = CLAIMS.replace("}", ",'groups':'" + "g".repeat(7_000) + "'}");

        assertThat(judge(HEADER, claims)).isEqualTo(new Refused());
    }

    @Test
    void holdsAProvenTokenUntilItExpires() {
        var proven = new Proven("billing", 1_000_100);

        assertThat(rules.holds(proven, Instant.ofEpochSecond(1_000_129))).isTrue();
        assertThat(rules.holds(proven, Instant.ofEpochSecond(1_000_130))).isFalse();
        assertThat(rules.holds(new Proven("billing", Long.MAX_VALUE), NOW)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"keys\":{}}",
                "{\"keys\":[1]}",
                "<html>",
            })
    void refusesWhatIsNoKeySet(String json) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> KeySet.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"keys\":[]}",
                "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"a\"}]}",
            })
    void takesAKeySetWithoutAPublicKeyForAnEmptyOne(String json) throws IOException {
        assertThat(KeySet.parse(json.getBytes(StandardCharsets.UTF_8)).isEmpty()).isTrue();
    }

    private TokenVerdict judge(String header, String claims) throws JoseException {
        return rules.judge(token(header, claims), keys, NOW);
    }

    /// Signed with the issuer's RSA key whatever the header says; with the algorithm of the header
    /// where it is one of RSA's, else RS256.
    private static String token(String header, String claims) throws JoseException {
        var algorithm = header.matches(".*'(RS384|PS256)'.*") ? header.substring(8, 13) : "RS256";
        var input = encoded(header.replace('\'', '"')) + "." + encoded(claims.replace('\'', '"'));
        try {
            var signer =
                    Signature.getInstance(
                            switch (algorithm) {
                                case "RS384" -> "SHA384withRSA";
                                case "PS256" -> "RSASSA-PSS";
                                default -> "SHA256withRSA";
                            });
            if (algorithm.equals("PS256")) {
                signer.setParameter(
                        new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
            }
            signer.initSign(rsa.getPrivateKey());
            signer.update(input.getBytes(StandardCharsets.US_ASCII));
            return input
                    + "."
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(signer.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private TokenVerdict signed(PublicJsonWebKey key, String algorithm, String kid)
            throws JoseException {
        var token = new JsonWebSignature();
        token.setAlgorithmHeaderValue(algorithm);
        token.setKeyIdHeaderValue(kid);
        token.setPayload(CLAIMS.replace('\'', '"'));
        token.setKey(key.getPrivateKey());
        return rules.judge(token.getCompactSerialization(), keys, NOW);
    }

    private static String encoded(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
