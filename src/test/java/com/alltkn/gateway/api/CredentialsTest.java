package com.alltkn.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.RawHttp;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class CredentialsTest extends GatewayTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x-nothing: here",
                "authorization:",
                "authorization: Bearer",
                "authorization: Bearer ",
                "authorization: Bearer wrong",
                "authorization: KEY",
                "authorization: Basic KEY",
                "authorization: Bearer KEYx",
                "authorization: Bearer KEY, Bearer KEY",
                "authorization: Bearer KEY|authorization: Bearer KEY",
                "authorization: Bearer KEY|Authorization: Bearer wrong",
                "authorization: Bearer wrong|authorization: Bearer KEY",
                "authorization: Bearer kéy",
                "authorization: Bearer UPSTREAM",
                "authorization: Bearer VAULT",
                "proxy-authorization: Bearer KEY",
                "api-key: KEY",
                "x-api-key: KEY",
                "cookie: authorization=Bearer KEY",
                "x-forwarded-user: plain|x-caller: plain|x-remote-user: plain|caller: plain",
                "forwarded: for=127.0.0.1|x-forwarded-for: 127.0.0.1|x-real-ip: 127.0.0.1",
                "x-gateway-caller: storing|x-authenticated-user: storing",
            })
    void refusesEveryCredentialButOneThatACallerHas(String lines) throws IOException {
        var response = send(RawHttp.post("/v1/chat/completions", CHAT, headers(lines)));

        var error = JSON.readTree(response.body()).path("error");
        assertThat(response.status()).isEqualTo(401);
        assertThat(response.header("content-type")).contains("application/json");
        assertThat(error.path("message").asText())
                .isEqualTo("the api key is missing or not known here");
        assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
        assertThat(error.path("code").asText()).isEqualTo("invalid_api_key");
        assertThat(error.path("param").isNull()).isTrue();
        assertThat(response.bodyText()).doesNotContain(laboratory.callerKey());
        assertThat(laboratory.upstream().requests()).isEmpty();
        var record = records.single();
        assertThat(record.path("error").asText()).isEqualTo("invalid_api_key");
        assertThat(record.has("caller")).isFalse();
    }

    @Test
    void refusesAVeryLongKey() throws IOException {
        var response =
                send(RawHttp.post("/v1/chat/completions", CHAT, withKey("k".repeat(12_000))));

        assertThat(response.status()).isEqualTo(401);
    }

    @Test
    void tellsWhoAsksNothingOfPathsAndBodiesWithoutACredential() throws IOException {
        for (var path : new String[] {"/v1/files", "/v1/nothing", "/v1/models", "/api/v1/x"}) {
            assertThat(send(RawHttp.request("GET", path, "")).status()).isEqualTo(401);
        }
        assertThat(send(RawHttp.post("/v1/chat/completions", "not json")).status()).isEqualTo(401);
    }

    @Test
    void giftsNobodyWithTheRightsThatAHeaderClaims() throws IOException {
        var response =
                send(
                        request(
                                "GET",
                                "/v1/files",
                                "",
                                "x-gateway-caller: storing",
                                "x-forwarded-user: storing",
                                "stored-objects: true",
                                "x-original-url: /v1/models",
                                "x-http-method-override: POST"));

        assertThat(response.status()).isEqualTo(403);
        assertThat(records.single().path("caller").asText()).isEqualTo("plain");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer KEY", "bearer KEY", "BEARER   KEY  "})
    void takesTheKeyOfACaller(String value) throws IOException {
        var response =
                send(
                        RawHttp.post(
                                "/v1/chat/completions", CHAT, headers("authorization: " + value)));

        assertThat(response.status()).isEqualTo(200);
        assertThat(records.single().path("caller").asText()).isEqualTo("plain");
    }

    private String[] headers(String lines) {
        return lines.replace("KEY", laboratory.callerKey())
                .replace("UPSTREAM", laboratory.upstreamKey())
                .replace("VAULT", laboratory.vaultToken())
                .split("\\|", -1);
    }
}
