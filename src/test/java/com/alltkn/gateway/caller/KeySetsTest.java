package com.alltkn.gateway.caller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.MutableClock;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An issuer whose keys come and go, asked over HTTP, and what becomes of a caller with its token.
@SuppressWarnings("NullAway.Init") // filled in before each test
class KeySetsTest {

    private static final String ISSUER = "https://issuer.example";
    private static final String NO_KEY = "{\"keys\":[]}";
    private static final String DOWN = "";
    private static final Identity CALLER = new Identity.Known(Caller.named("service"));
    private static final Identity NOBODY = new Identity.Nobody();

    private final MutableClock clock = new MutableClock(Instant.now());
    private final MutableClock steady = new MutableClock(Instant.EPOCH);

    @TempDir Path folder;
    private HttpServer server;
    private volatile String answer = DOWN;
    private RsaJsonWebKey key;
    private String keys;
    private String token;
    private KeySets keySets;
    private Identification identification;

    @BeforeEach
    void start() throws IOException, JoseException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    var body = answer.getBytes(UTF_8);
                    exchange.sendResponseHeaders(body.length == 0 ? 503 : 200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
        key = RsaJwkGenerator.generateJwk(2048);
        key.setKeyId("one");
        keys = new JsonWebKeySet(key).toJson();
        token = token(key);
        identify();
    }

    @AfterEach
    void stop() throws InterruptedException {
        keySets.stop();
        server.stop(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                NO_KEY,
                "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0c2VjcmV0c2VjcmV0\",\"kid\":\"one\"}]}",
                "{\"keys\":[{\"kty\":\"XX\",\"kid\":\"one\"},{\"kty\":\"RSA\",\"kid\":\"one\"}]}",
            })
    void takesAllKeysForRevokedOnceNoneWasToldTwiceHalfAMinuteApart(String empty)
            throws InterruptedException {
        read(keys);

        read(empty);
        var afterOne = known();
        pass(10);
        read(empty);
        pass(19);
        read(empty);
        var after29Seconds = known();
        var alarmed = keySets.view().empty();
        pass(1);
        read(empty);
        var after30Seconds = known();

        assertThat(afterOne).isEqualTo(CALLER);
        assertThat(after29Seconds).isEqualTo(CALLER);
        assertThat(alarmed).contains(Duration.ofSeconds(29));
        assertThat(after30Seconds).isEqualTo(NOBODY);
        assertThat(keySets.view().empty()).contains(Duration.ofSeconds(30));
        assertThat(keySets.view().failures()).isZero();
    }

    @Test
    void takesKeysUpAgainAtOnce() throws InterruptedException {
        read(keys);
        read(NO_KEY);
        pass(30);
        read(NO_KEY);
        pass(600);
        read(NO_KEY);
        var meanwhile = known();

        pass(1);
        read(keys);

        assertThat(meanwhile).isEqualTo(NOBODY);
        assertThat(known()).isEqualTo(CALLER);
        assertThat(keySets.view().empty()).isEmpty();
        assertThat(keySets.view().age()).contains(Duration.ZERO);
    }

    /// However often it starts, and whatever it says before it has read its own keys.
    @Test
    void locksNobodyOutWhileItsIssuerStarts() throws InterruptedException {
        read(keys);
        for (int i = 0; i < 20; i++) {
            for (var said : new String[] {NO_KEY, NO_KEY, keys, NO_KEY, DOWN, "{", NO_KEY, DOWN}) {
                pass(29);
                read(said);

                assertThat(known()).isEqualTo(CALLER);
            }
        }
        assertThat(keySets.view().failures()).isEqualTo(60);
    }

    @Test
    void keepsKeysRevokedWhileTheIssuerIsDown() throws InterruptedException {
        read(keys);
        read(NO_KEY);
        pass(31);
        read(NO_KEY);
        for (int i = 0; i < 5; i++) {
            pass(60);
            read(i % 2 == 0 ? DOWN : NO_KEY);

            assertThat(known()).isEqualTo(NOBODY);
        }
        assertThat(keySets.view().empty()).contains(Duration.ofSeconds(331));
    }

    @Test
    void cannotSayWhoItIsUntilItBelievesThatThereIsNoKey() throws InterruptedException {
        read(NO_KEY);
        var before = known();
        pass(30);
        read(NO_KEY);

        assertThat(before).isEqualTo(new Identity.Uncheckable());
        assertThat(known()).isEqualTo(NOBODY);
    }

    @Test
    void revokesOneKeyOfSeveralAtOnce() throws InterruptedException, JoseException {
        var other = RsaJwkGenerator.generateJwk(2048);
        other.setKeyId("two");
        read(new JsonWebKeySet(key, other).toJson());
        var both = known();

        pass(1);
        read(new JsonWebKeySet(other).toJson());

        assertThat(both).isEqualTo(CALLER);
        assertThat(known()).isEqualTo(NOBODY);
        assertThat(keySets.view().empty()).isEmpty();
    }

    private void identify() throws IOException {
        var file =
                Files.writeString(
                        folder.resolve("callers.yaml"),
                        "callers: [{id: service, subjects: [somebody]}]");
        var config =
                Mappings.read(
                        TokensConfig.class,
                        Map.of(
                                "gateway.callers.tokens.issuer",
                                ISSUER,
                                "gateway.callers.tokens.audience",
                                "here",
                                "gateway.callers.tokens.jwks-url",
                                "http://127.0.0.1:" + server.getAddress().getPort()));
        keySets =
                new KeySets(
                        new IssuerClient(config, Optional.empty()),
                        config.refreshInterval(),
                        steady,
                        RandomGenerator.getDefault());
        identification =
                new Identification(
                        new CallerDirectory(
                                Mappings.read(
                                        CallersConfig.class,
                                        Map.of("gateway.callers.file", file.toString())),
                                true,
                                clock),
                        Optional.of(new TokenRules(ISSUER, "here", config.leeway())),
                        keySets,
                        clock);
    }

    private void read(String said) throws InterruptedException {
        answer = said;
        keySets.read();
    }

    private Identity known() {
        return identification.identify("Bearer " + token);
    }

    private void pass(int seconds) {
        steady.advance(Duration.ofSeconds(seconds));
    }

    private String token(RsaJsonWebKey signing) throws JoseException {
        var signed = new JsonWebSignature();
        signed.setAlgorithmHeaderValue("RS256");
        signed.setKeyIdHeaderValue(signing.getKeyId());
        signed.setKey(signing.getPrivateKey());
        signed.setPayload(
                "{\"iss\":\"%s\",\"aud\":\"here\",\"sub\":\"somebody\",\"exp\":%d}"
                        .formatted(ISSUER, clock.instant().plusSeconds(86_400).getEpochSecond()));
        return signed.getCompactSerialization();
    }
}
