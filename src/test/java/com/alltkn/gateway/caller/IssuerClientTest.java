package com.alltkn.gateway.caller;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IssuerClientTest {

    private static final String KEYS = "{\"keys\":[]}";

    private final ScriptedUpstream server = ScriptedUpstream.start();
    private final String issuer = server.baseUrl().toString();

    @TempDir private Path folder;

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void readsTheKeysWhereTheIssuerSaysThatTheyAre() throws IOException, InterruptedException {
        server.answerNext(
                Script.json(200, description(issuer, issuer + "/k")), Script.json(200, KEYS));

        var read = client(Map.of()).read();

        assertThat(new String(read, UTF_8)).isEqualTo(KEYS);
        assertThat(server.requests())
                .extracting(request -> request.rawPath())
                .containsExactly("/api/v1/.well-known/openid-configuration", "/api/v1/k");
        assertThat(server.requests())
                .allSatisfy(request -> assertThat(request.header("authorization")).isEmpty())
                // Kubernetes refuses with 406 who takes its keys as anything but a set of keys.
                .extracting(request -> request.header("accept").orElseThrow())
                .containsOnly("application/jwk-set+json, application/json");
    }

    @Test
    void showsTheTokenThatTheFileHoldsNow() throws IOException, InterruptedException {
        var file = Files.writeString(folder.resolve("token"), "first\n");
        server.answer(Script.json(200, KEYS));
        var client =
                client(
                        Map.of(
                                "gateway.callers.tokens.jwks-url",
                                issuer + "/k",
                                "gateway.callers.tokens.bearer-file",
                                file.toString()));

        client.read();
        Files.writeString(file, "second");
        client.read();

        assertThat(server.requests())
                .extracting(request -> request.header("authorization").orElseThrow())
                .containsExactly("Bearer first", "Bearer second");
    }

    @Test
    void takesNothingFromWhoDescribesAnotherIssuer() {
        server.answer(Script.json(200, description("https://other.example", issuer + "/k")));

        refuses("the issuer says that it is another");
    }

    @Test
    void takesNothingFromWhoNamesNoAddress() {
        server.answer(Script.json(200, description(issuer, "file:///etc/passwd")));
        refuses("the issuer's jwks_uri is no http address");

        server.answer(Script.json(200, "<html>"));
        refuses("the issuer's description is no JSON with a jwks_uri");
    }

    @Test
    void followsNoRedirect() {
        server.answer(Script.redirect(302, issuer + "/elsewhere"));

        refuses(issuer + "/.well-known/openid-configuration answered 302");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void readsNoEndOfAnEndlessAnswer() {
        server.answer(Script.endless("{\"keys\":[]}"));

        assertThatExceptionOfType(IOException.class).isThrownBy(() -> client(Map.of()).read());
    }

    @Test
    void waitsForNobodyForEver() {
        server.answer(Script.silence());

        refuses(issuer + "/.well-known/openid-configuration did not answer in time");
    }

    private void refuses(String sentence) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> client(Map.of()).read())
                .withMessage(sentence);
    }

    private IssuerClient client(Map<String, String> more) {
        var all = new HashMap<>(more);
        all.put("gateway.callers.tokens.issuer", issuer);
        return new IssuerClient(Mappings.read(TokensConfig.class, all), Optional.empty());
    }

    private static String description(String issuer, String keys) {
        return "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\"}".formatted(issuer, keys);
    }
}
