package com.alltkn.gateway.caller;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Issuer;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.MutableClock;
import com.alltkn.gateway.rollout.vault.OpenBaoServer;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.awaitility.Awaitility;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.HmacKey;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokens of a real issuer, and what somebody makes who has seen them but not the issuer's key.
@SuppressWarnings("NullAway.Init") // two fields are filled in by a method that tests call again
class IssuedTokenTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final MutableClock clock = new MutableClock(Instant.now());
    private final MutableClock steady = new MutableClock(Instant.EPOCH);

    @TempDir Path folder;
    private OpenBaoServer server;
    private Issuer issuer;
    private KeySets keySets;
    private CallerDirectory directory;
    private Identification identification;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        server = OpenBaoServer.inMemory();
        issuer = Issuer.on(server);
        directory = directory();
        identifyBy(Map.of());
        keySets.read();
    }

    @AfterEach
    void stop() throws InterruptedException {
        keySets.stop();
        server.close();
    }

    @Test
    void knowsACallerByTheSubjectOfItsToken() {
        assertThat(identify(issuer.token())).isEqualTo(caller());
        assertThat(identification.identify("bearer  " + issuer.token())).isEqualTo(caller());
    }

    @Test
    void takesEllipticCurvesToo() throws InterruptedException {
        for (var algorithm : new String[] {"ES256", "ES384", "ES512", "RS512"}) {
            issuer.key("key-" + algorithm, algorithm);
            var token = issuer.token("key-" + algorithm, Issuer.AUDIENCE, Map.of());
            keySets.read();

            assertThat(identify(token)).as(algorithm).isEqualTo(caller());
        }
    }

    @Test
    void knowsNobodyByATokenForAnotherAudience() {
        var token = issuer.token("gateway", "another-service", Map.of());

        assertThat(identify(token)).isEqualTo(new Identity.Nobody());
    }

    @Test
    void knowsNobodyByATokenOfAnotherIssuer() throws IOException, InterruptedException {
        try (var other = OpenBaoServer.inMemory()) {
            var token = Issuer.on(other).token();

            assertThat(waited(identify(token))).isEqualTo(new Identity.Nobody());
        }
    }

    @Test
    void knowsNobodyByATokenBeforeItsTimeOrAfterIt() {
        var early =
                issuer.token(
                        "gateway",
                        Issuer.AUDIENCE,
                        Map.of("nbf", clock.instant().plusSeconds(1_800).getEpochSecond()));
        var late = issuer.token();

        var before = identify(early);
        clock.advance(Duration.ofMinutes(30));
        var inTime = identify(early);
        var stillGood = identify(late);
        clock.advance(Duration.ofMinutes(31));
        var after = identify(late);

        assertThat(before).isEqualTo(new Identity.Nobody());
        assertThat(inTime).isEqualTo(caller());
        assertThat(stillGood).isEqualTo(caller());
        assertThat(after).isEqualTo(new Identity.Nobody());
    }

    @Test
    void knowsNobodyByATokenWhoseClaimsWereChanged() throws IOException {
        var parts = issuer.token().split("\\.", -1);
        var claims = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
        var changed = claims.toString().replace("\"iat\":", "\"more\":1,\"iat\":");

        assertThat(identify(parts[0] + "." + encoded(changed) + "." + parts[2]))
                .isEqualTo(new Identity.Nobody());
        assertThat(identify(encoded("{\"alg\":\"none\"}") + "." + parts[1] + "."))
                .isEqualTo(new Identity.Nobody());
        assertThat(identify(encoded("{\"alg\":\"none\"}") + "." + parts[1] + "." + parts[2]))
                .isEqualTo(new Identity.Nobody());
        assertThat(identify(parts[0] + "." + parts[1] + ".")).isEqualTo(new Identity.Nobody());
    }

    @Test
    void knowsNobodyByATokenSignedWithThePublicKeyAsASecret()
            throws IOException, InterruptedException, JoseException {
        var published = published();
        for (var secret :
                new byte[][] {
                    published.getPublicKey().getEncoded(),
                    pem(published).getBytes(StandardCharsets.US_ASCII)
                }) {
            var forged = forged(published.getKeyId(), "HS256");
            forged.setKey(new HmacKey(secret));

            assertThat(identify(forged.getCompactSerialization())).isEqualTo(new Identity.Nobody());
        }
    }

    @Test
    void takesNoKeyFromTheTokenItself() throws IOException, InterruptedException, JoseException {
        var own = RsaJwkGenerator.generateJwk(2048);
        for (var kid : new String[] {published().getKeyId(), own.getKeyId()}) {
            for (var header : new String[] {"jku", "x5u", "jwk"}) {
                var forged = forged(kid, "RS256");
                forged.setKey(own.getPrivateKey());
                if (header.equals("jwk")) {
                    forged.setJwkHeader(own);
                } else {
                    forged.setHeader(header, "http://127.0.0.1:" + server.url().getPort() + "/x");
                }

                assertThat(waited(identify(forged.getCompactSerialization())))
                        .isEqualTo(new Identity.Nobody());
            }
        }
    }

    @Test
    void looksForAKeyThatItDoesNotKnowAndThenKnowsTheCaller() throws InterruptedException {
        startReading();
        var old = issuer.token();
        issuer.rotate();
        issuer.rotate();
        var token = issuer.token();

        var found = identify(token);

        assertThat(found).isInstanceOf(Identity.Pending.class);
        assertThat(waited(found)).isEqualTo(caller());
        assertThat(identify(token)).isEqualTo(caller());
        assertThat(waited(identify(old))).isEqualTo(new Identity.Nobody());
    }

    @Test
    void looksForUnknownKeysOnceInAFewSecondsHoweverManyTokensNameThem()
            throws IOException, InterruptedException, JoseException {
        startReading();
        var own = RsaJwkGenerator.generateJwk(2048);
        var before = keySets.reads();

        for (int i = 0; i < 50; i++) {
            var forged = forged("../../../etc/passwd" + i, "RS256");
            forged.setKey(own.getPrivateKey());
            assertThat(waited(identify(forged.getCompactSerialization())))
                    .isEqualTo(new Identity.Nobody());
        }

        assertThat(keySets.reads() - before).isEqualTo(1);
    }

    @Test
    void goesOnWithTheKeysItKnowsWhileTheIssuerIsDown() throws InterruptedException {
        var token = issuer.token();
        var another = issuer.token();
        var before = identify(token);

        server.stop();
        pass(Duration.ofMinutes(20));
        var read = keySets.read();

        assertThat(read).isFalse();
        assertThat(before).isEqualTo(caller());
        assertThat(identify(token)).isEqualTo(caller());
        assertThat(identify(another)).isEqualTo(caller());
        assertThat(keySets.view().failures()).isEqualTo(1);
        assertThat(keySets.view().age()).contains(Duration.ofMinutes(20));
    }

    @Test
    void saysThatItCannotCheckATokenBeforeItHasAnyKey() throws IOException, InterruptedException {
        var token = issuer.token();
        server.stop();
        identifyBy(Map.of());
        keySets.start();

        assertThat(waited(identify(token))).isEqualTo(new Identity.Uncheckable());
        assertThat(keySets.view().age()).isEmpty();
    }

    @Test
    void readsTheKeysWhereItIsToldToWithTheTokenOfAFile() throws IOException, InterruptedException {
        var bearer = Files.writeString(folder.resolve("token"), "some-token\n");
        identifyBy(
                Map.of(
                        "gateway.callers.tokens.jwks-url",
                        issuer.url() + "/.well-known/keys",
                        "gateway.callers.tokens.bearer-file",
                        bearer.toString()));

        var read = keySets.read();

        assertThat(read).isTrue();
        assertThat(identify(issuer.token())).isEqualTo(caller());
    }

    @Test
    void forgetsAProvenTokenOnceItsKeyIsGone() throws InterruptedException {
        var token = issuer.token();
        var before = identify(token);

        issuer.rotate();
        issuer.rotate();
        keySets.read();

        assertThat(before).isEqualTo(caller());
        assertThat(identify(token)).isEqualTo(new Identity.Nobody());
    }

    private void identifyBy(Map<String, String> more) {
        var all = new HashMap<>(more);
        all.put("gateway.callers.tokens.issuer", issuer.url());
        all.put("gateway.callers.tokens.audience", Issuer.AUDIENCE);
        var config = Mappings.read(TokensConfig.class, all);
        keySets =
                new KeySets(
                        new IssuerClient(config, Optional.empty()),
                        config.refreshInterval(),
                        steady,
                        RandomGenerator.getDefault());
        identification =
                new Identification(
                        directory,
                        Optional.of(new TokenRules(issuer.url(), Issuer.AUDIENCE, config.leeway())),
                        keySets,
                        clock);
    }

    private CallerDirectory directory() throws IOException {
        var file =
                Files.writeString(
                        folder.resolve("callers.yaml"),
                        "callers: [{id: service, subjects: ['%s']}]".formatted(issuer.subject()));
        return new CallerDirectory(
                Mappings.read(CallersConfig.class, Map.of("gateway.callers.file", file.toString())),
                true,
                clock);
    }

    private Identity identify(String token) {
        return identification.identify("Bearer " + token);
    }

    private static Identity caller() {
        return new Identity.Known(Caller.named("service"));
    }

    private static Identity waited(Identity identity) {
        return identity instanceof Identity.Pending(var later)
                ? later.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join()
                : identity;
    }

    private void pass(Duration time) {
        clock.advance(time);
        steady.advance(time);
    }

    /// The thread has read once and may read again.
    private void startReading() {
        keySets.start();
        Awaitility.await().until(() -> keySets.reads() == 2);
        keySets.newer().ifPresent(read -> read.toCompletableFuture().join());
        pass(Duration.ofSeconds(6));
    }

    private JsonWebSignature forged(String kid, String algorithm) {
        var token = new JsonWebSignature();
        token.setAlgorithmHeaderValue(algorithm);
        token.setKeyIdHeaderValue(kid);
        token.setDoKeyValidation(false);
        token.setPayload(
                "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"exp\":%d}"
                        .formatted(
                                issuer.url(),
                                Issuer.AUDIENCE,
                                issuer.subject(),
                                clock.instant().plusSeconds(600).getEpochSecond()));
        return token;
    }

    private PublicJsonWebKey published() throws IOException, InterruptedException, JoseException {
        var answer =
                HTTP.send(
                        HttpRequest.newBuilder(URI.create(issuer.url() + "/.well-known/keys"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        var kid =
                JSON.readTree(Base64.getUrlDecoder().decode(issuer.token().split("\\.", -1)[0]))
                        .path("kid")
                        .asText();
        return (PublicJsonWebKey)
                new JsonWebKeySet(answer.body()).findJsonWebKey(kid, null, null, null);
    }

    private static String pem(PublicJsonWebKey key) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(key.getPublicKey().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }

    private static String encoded(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
