package com.alltkn.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.management.ManagementPaths;
import com.alltkn.gateway.openai.Endpoint;
import com.alltkn.gateway.openai.RequestKind;
import io.quarkus.arc.Arc;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class PathsTest extends GatewayTest {

    private static final String FORM =
            "--b\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b--\r\n";

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GET_USAGE")
    void relaysEveryOperationForACallerWithStoredObjects(Endpoint endpoint) throws IOException {
        for (var root : new String[] {"/v1/", "/api/v1/"}) {
            laboratory.upstream().forget();
            laboratory.upstream().answer(Script.json(200, "{\"id\":\"x\"}"));

            var response = send(ask(endpoint, root, laboratory.storingCallerKey()));

            assertThat(response.status()).as(response.bodyText()).isEqualTo(200);
            assertThat(response.bodyText()).isEqualTo("{\"id\":\"x\"}");
            var seen = laboratory.upstream().requests();
            assertThat(seen).hasSize(1);
            assertThat(seen.getFirst().method()).isEqualTo(endpoint.method());
            assertThat(seen.getFirst().rawPath()).isEqualTo("/api/v1/" + path(endpoint));
            if (endpoint.requestKind() == RequestKind.MULTIPART) {
                assertThat(seen.getFirst().bodyText()).isEqualTo(FORM);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void keepsACallerWithoutThemFromStoredObjects(Endpoint endpoint) throws IOException {
        laboratory.upstream().answer(Script.json(200, "{\"id\":\"x\"}"));

        var response = send(ask(endpoint, "/v1/", laboratory.callerKey()));

        if (endpoint.storedObjects()) {
            assertNotAllowed(response);
        } else {
            assertThat(response.status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"m\",\"previous_response_id\":\"resp_1\"}",
                "{\"model\":\"m\",\"previous\\u005fresponse_id\":\"resp_1\"}",
                "{\"model\":\"m\",\"conversation\":\"conv_1\"}",
                "{\"model\":\"m\",\"conversation\":{\"id\":\"conv_1\"}}",
                "{\"model\":\"m\",\"background\":true}",
            })
    void keepsACallerWithoutThemFromStoredState(String body) throws IOException {
        assertNotAllowed(send(post("/v1/responses", body)));

        laboratory.upstream().answer(Script.json(200, "{\"id\":\"x\"}"));
        var allowed =
                send(RawHttp.post("/v1/responses", body, withKey(laboratory.storingCallerKey())));
        assertThat(allowed.status()).isEqualTo(200);
        assertThat(laboratory.upstream().requests().getFirst().bodyText()).isEqualTo(body);
    }

    @Test
    void streamsChunksOfAnUploadOfUnknownLength() throws IOException {
        laboratory.upstream().answer(Script.json(200, "{\"id\":\"x\"}"));

        var response =
                send(
                        request(
                                        "POST",
                                        "/v1/audio/transcriptions",
                                        "",
                                        "content-type: multipart/form-data; boundary=b",
                                        "transfer-encoding: chunked")
                                + Integer.toHexString(FORM.length())
                                + "\r\n"
                                + FORM
                                + "\r\n0\r\n\r\n");

        assertThat(response.status()).isEqualTo(200);
        var seen = laboratory.upstream().requests().getFirst();
        assertThat(seen.bodyText()).isEqualTo(FORM);
        assertThat(seen.header("transfer-encoding")).contains("chunked");
        assertThat(seen.header("content-length")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1",
                "/v1/",
                "/api",
                "/api/v1",
                "/api/v1/",
                "/v2/models",
                "/V1/models",
                "//v1/models",
                "/v1//models",
                "/v1/models/",
                "/v1/./models",
                "/v1/../v1/models",
                "/x/../v1/models",
                "/v1/models/../files",
                "/v1/models/%2e%2e/files",
                "/v1/models/x%2F..%2F..%2Ffiles",
                "/v1/models/%252e%252e%252ffiles",
                "/v1/%2e%2e/v1/models",
                "/api/v1/../../v1/models",
                "/%76%31/models",
                "/v1%2Fmodels",
                "/v1/models;x=1",
                "/v1/models%20",
                "/v1/models%00",
                "/v1/models#f",
                "/v1/models/é",
                "/v1/vector_stores",
                "/v1/fine_tuning/jobs",
                "/v1/chat",
                "/v1/q/health/live",
                "/q",
                "/q/",
                "/q/health",
                "/q/health/live",
                "/q/health/ready",
                "/q/metrics",
                "/q/dev",
                "/q/dev-ui",
                "/q/arc/beans",
                "/q/info",
                "/q/openapi",
                "/q/swagger-ui",
                "/openapi",
                "/openapi.json",
                "/ops",
                "/ops/",
                "/metrics",
                "/health",
                "/index.html",
                "/favicon.ico",
                "/META-INF/resources/",
                "/WEB-INF/web.xml",
                "/application.properties",
                "*",
                "h:80",
                "v1/models",
                "?",
                "http://h",
                "http://h?x=/v1/models",
                "http://u@h/v1/models",
                "http://h#/v1/models",
                "ftp://h/v1/models",
                "javascript:/v1/models",
                "https://evil.example/q/metrics",
            })
    void knowsNoOtherPath(String path) throws IOException {
        var response = send(request("GET", path, ""));

        assertThat(response.status()).isEqualTo(404);
        assertThat(response.header("content-type")).contains("application/json");
        assertThat(response.header("x-request-id")).isPresent();
        assertThat(response.bodyText())
                .startsWith("{\"error\":{\"message\":\"unknown path: GET ")
                .contains("\"type\":\"invalid_request_error\"")
                .contains("\"param\":null")
                .contains("\"code\":\"unknown_url\"");
        assertThat(laboratory.upstream().requests()).isEmpty();
        var record = records.single();
        assertThat(record.path("status").asInt()).isEqualTo(404);
        assertThat(record.path("outcome").asText()).isEqualTo("refused");
        assertThat(record.path("route").asText()).isEqualTo("unknown");
        assertThat(record.path("request_id").asText())
                .isEqualTo(response.header("x-request-id").orElseThrow());
    }

    /// Quarkus refuses these before any route: the status is right, the body is empty.
    @ParameterizedTest
    @ValueSource(strings = {"/v1\\models", "/v1/models%", "/v1/models/%zz", "/v1/models?\u0001"})
    void refusesATargetThatIsNoUrl(String target) throws IOException {
        var response = send(request("GET", target, ""));

        assertThat(response.status()).isEqualTo(400);
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @Test
    void refusesAQueryThatIsNotEncoded() throws IOException {
        var response = send(request("GET", "/v1/models?x=é", ""));

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.bodyText()).contains("\"code\":\"invalid_url\"");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/models?include[]=a&x=%00",
                "http://any.host/v1/models?include[]=a&x=%00"
            })
    void passesAQueryOnAsItIs(String target) throws IOException {
        var response = send(request("GET", target, ""));

        assertThat(response.status()).isEqualTo(200);
        assertThat(laboratory.upstream().requests().getFirst().rawPath())
                .isEqualTo("/api/v1/models?include[]=a&x=%00");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PUT|/v1/chat/completions|GET, POST",
                "PATCH|/v1/models|GET",
                "POST|/v1/models|GET",
                "OPTIONS|/v1/models|GET",
                "DELETE|/v1/embeddings|POST",
                "GET|/v1/embeddings|POST",
                "POST|/v1/models/x|DELETE, GET",
                "TRACE|/v1/models|GET",
                "CONNECT|/v1/models|GET",
                "get|/v1/models|GET",
                "QUERY|/v1/models|GET",
                "FOO|/api/v1/rerank|POST",
            })
    void namesTheMethodsThatAPathHas(String method, String path, String allowed)
            throws IOException {
        var response = send(request(method, path, ""));

        assertThat(response.status()).isEqualTo(405);
        assertThat(response.header("allow")).contains(allowed);
        assertThat(response.bodyText())
                .contains("method %s is not one of %s".formatted(method, allowed))
                .contains("\"code\":\"method_not_allowed\"")
                .contains("\"param\":null");
        assertThat(laboratory.upstream().requests()).isEmpty();
        assertThat(records.single().path("status").asInt()).isEqualTo(405);
    }

    @Test
    void answersHeadWithoutABody() throws IOException {
        try (var connection = connect()) {
            connection.send(request("HEAD", "/v1/models", "", "connection: close"));
            var answer = new String(connection.readToEnd(SOON), StandardCharsets.US_ASCII);

            assertThat(answer)
                    .startsWith("HTTP/1.1 405 ")
                    .containsIgnoringCase("\r\nallow: GET\r\n")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void answersThereWhatAFeatureHasAskedFor() {
        assertThat(
                        Arc.container().listAll(ManagementPaths.class).stream()
                                .flatMap(feature -> feature.get().paths().stream()))
                .containsExactlyInAnyOrder(
                        "/q/health/live", "/q/health/ready", "/q/health/started", "/q/metrics");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/q/health/live", "/q/health/ready", "/q/health/started", "/q/metrics"})
    void answersOnTheManagementPort(String path) {
        assertThat(management(path).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1/models",
                "/api/v1/models",
                "/q",
                "/q/",
                "/q/dev-ui",
                "/q/arc/beans",
                "/q/info",
                "/q/openapi",
                "/q/swagger-ui",
                "/q/logging-manager",
                "/openapi",
                "/index.html",
                "/metrics",
                "/health",
            })
    void answersNothingElseThere(String path) {
        assertThat(management(path).status()).isEqualTo(404);
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    private void assertNotAllowed(RawResponse response) {
        assertThat(response.status()).isEqualTo(403);
        assertThat(response.bodyText())
                .contains("\"code\":\"path_not_allowed\"")
                .contains("\"type\":\"invalid_request_error\"")
                .contains("\"param\":null");
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    private static String path(Endpoint endpoint) {
        return endpoint.label().replace("{id}", "some-id_1");
    }

    private static String ask(Endpoint endpoint, String root, String key) {
        var path = root + path(endpoint);
        return switch (endpoint.requestKind()) {
            case JSON ->
                    RawHttp.request(endpoint.method(), path, "{\"model\":\"m\"}", withKey(key));
            case MULTIPART ->
                    RawHttp.request(
                                    endpoint.method(),
                                    path,
                                    "",
                                    withKey(
                                            key,
                                            "content-type: multipart/form-data; boundary=b",
                                            "content-length: " + FORM.length()))
                            + FORM;
            case NONE -> RawHttp.request(endpoint.method(), path, "", withKey(key));
        };
    }
}
