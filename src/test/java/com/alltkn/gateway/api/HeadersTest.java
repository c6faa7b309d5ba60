package com.alltkn.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.GatewayTest;
import com.alltkn.gateway.laboratory.Header;
import com.alltkn.gateway.laboratory.RawResponse;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// What crosses in either direction, to the last header.
@QuarkusTest
class HeadersTest extends GatewayTest {

    /// Everything that a caller, its SDK or a proxy on the way might send.
    private static final String[] EVERYTHING = {
        "Accept: application/json",
        "Accept-Encoding: gzip, deflate, br",
        "Accept-Language: zh-CN",
        "Baggage: a=b",
        "Cache-Control: no-cache",
        "Connection: keep-alive, x-foo, openai-beta-not",
        "Cookie: a=b; c=d",
        "DNT: 1",
        "Forwarded: for=10.0.0.1;host=evil",
        "From: someone@example.com",
        "Idempotency-Key: stainless-node-retry-1",
        "Keep-Alive: timeout=5",
        "Max-Forwards: 3",
        "OpenAI-Beta: assistants=v2",
        "OpenAI-Organization: org-1",
        "OpenAI-Project: proj_1",
        "Origin: https://evil.example",
        "Pragma: no-cache",
        "Proxy-Authorization: Bearer secret",
        "Proxy-Connection: keep-alive",
        "Range: bytes=0-1",
        "Referer: https://internal.example/secret",
        "TE: trailers",
        "Trailer: x-checksum",
        "Tracestate: a=b",
        "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "User-Agent: OpenAI/Python 2.0",
        "Via: 1.1 proxy",
        "X-Api-Key: sk-caller",
        "Api-Key: sk-caller",
        "X-B3-TraceId: 463ac35c9f6413ad48485a3953bb6124",
        "B3: 0",
        "X-Client-Request-Id: client-1",
        "X-Foo: named by connection",
        "X-Forwarded-For: 10.0.0.1",
        "X-Forwarded-Host: evil",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Prefix: /evil",
        "X-Http-Method-Override: DELETE",
        "X-Original-URL: /admin",
        "X-Real-Ip: 10.0.0.1",
        "X-Request-Id: req-of-caller",
        "X-Stainless-Lang: python",
        "X-Stainless-Retry-Count: 1",
        "X-Stainless-Raw-Response: true",
    };

    @Test
    void showsUpstreamTheAllowedHeadersAndNoOther() throws IOException {
        send(post("/v1/chat/completions", CHAT, EVERYTHING));

        assertThat(sentUpstream())
                .isEqualTo(
                        Map.of(
                                "host", "127.0.0.1:" + laboratory.upstream().port(),
                                "authorization", "Bearer " + laboratory.upstreamKey(),
                                "accept", "application/json",
                                "accept-encoding", "identity",
                                "content-type", "application/json",
                                "content-length", Integer.toString(CHAT.length()),
                                "openai-beta", "assistants=v2",
                                "user-agent", "alltkn-gateway",
                                "x-client-request-id", "client-1"));
    }

    @Test
    void addsNothingForACallerThatSendsNothing() throws IOException {
        send(request("GET", "/v1/models", ""));

        assertThat(sentUpstream())
                .isEqualTo(
                        Map.of(
                                "host",
                                "127.0.0.1:" + laboratory.upstream().port(),
                                "authorization",
                                "Bearer " + laboratory.upstreamKey(),
                                "accept-encoding",
                                "identity",
                                "user-agent",
                                "alltkn-gateway"));
    }

    @Test
    void keepsBackWhateverConnectionNames() throws IOException {
        send(
                request(
                        "GET",
                        "/v1/models",
                        "",
                        "connection: X-Client-Request-Id , openai-beta",
                        "connection: accept",
                        "accept: text/plain",
                        "openai-beta: x",
                        "x-client-request-id: y"));

        assertThat(sentUpstream().keySet())
                .containsExactlyInAnyOrder(
                        "host", "authorization", "accept-encoding", "user-agent");
    }

    @Test
    void passesAClientsRequestIdOnIfItIsShortAscii() throws IOException {
        var longest = "x".repeat(512);

        for (var id : List.of("a b~!", longest)) {
            send(request("GET", "/v1/models", "", "x-client-request-id: " + id));
            assertThat(sentUpstream()).containsEntry("x-client-request-id", id);
            laboratory.upstream().forget();
        }
        for (var id : List.of(longest + "x", "é", "", "a\tb")) {
            send(request("GET", "/v1/models", "", "x-client-request-id: " + id));
            assertThat(sentUpstream()).doesNotContainKey("x-client-request-id");
            laboratory.upstream().forget();
        }
        send(request("GET", "/v1/models", "", "x-client-request-id: a", "x-client-request-id: b"));
        assertThat(sentUpstream()).doesNotContainKey("x-client-request-id");
    }

    @Test
    void showsCallersTheAllowedHeadersAndNoOther() throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.json(
                                200,
                                ScriptedUpstream.COMPLETION,
                                "openai-organization: org-1",
                                "openai-project: proj_1",
                                "openai-processing-ms: 12",
                                "openai-version: 2020-10-01",
                                "set-cookie: a=b",
                                "x-request-id: req-upstream",
                                "X-RateLimit-Limit-Requests: 100",
                                "x-ratelimit-remaining-tokens: 7",
                                "x-ratelimit-reset-requests: 6m0s",
                                "retry-after: 5",
                                "x-should-retry: true",
                                "server: cloudflare",
                                "cf-ray: 1",
                                "via: 1.1 x",
                                "date: Mon, 01 Jan 2024 00:00:00 GMT",
                                "keep-alive: timeout=5",
                                "connection: keep-alive",
                                "alt-svc: h3=\":443\"",
                                "strict-transport-security: max-age=1",
                                "access-control-allow-origin: *",
                                "x-gateway-revision: 99",
                                "x-gateway-model: forged",
                                "x-upstream-request-id: forged",
                                "location: https://evil.example",
                                "etag: x"));

        var response = send(post("/v1/chat/completions", CHAT));

        var record = records.single();
        assertThat(headers(response.headers()))
                .isEqualTo(
                        new TreeMap<>(
                                Map.of(
                                        "content-type", "application/json",
                                        "content-length", "" + ScriptedUpstream.COMPLETION.length(),
                                        "openai-processing-ms", "12",
                                        "openai-version", "2020-10-01",
                                        "x-request-id", record.path("request_id").asText(),
                                        "x-gateway-revision", "1",
                                        "x-upstream-request-id", "req-upstream",
                                        "x-upstream-ratelimit-limit-requests", "100",
                                        "x-upstream-ratelimit-remaining-tokens", "7",
                                        "x-upstream-ratelimit-reset-requests", "6m0s")));
        assertThat(record.path("upstream_request_id").asText()).isEqualTo("req-upstream");
    }

    @Test
    void showsTheKeyInNoHeaderThatUpstreamSays() throws IOException {
        var key = laboratory.upstreamKey();
        laboratory
                .upstream()
                .answer(
                        Script.json(
                                200,
                                ScriptedUpstream.COMPLETION,
                                "x-request-id: Bearer " + key,
                                "openai-version: 1",
                                "x-ratelimit-limit-requests: " + key));

        var response = send(post("/v1/chat/completions", CHAT));

        assertThat(response.header("x-upstream-request-id")).contains("***");
        assertThat(response.header("openai-version")).contains("1");
        assertThat(headers(response.headers()).toString()).doesNotContain(key);
        assertThat(records.single().path("upstream_request_id").asText()).isEqualTo("***");
    }

    @Test
    void marksAStreamAsOneThatNobodyMayHold() throws IOException {
        laboratory.upstream().answer(Script.sse(Script.event("[DONE]")));

        var response = send(post("/v1/chat/completions", STREAMED_CHAT));

        var requestId = records.single().path("request_id").asText();
        assertThat(headers(response.headers()))
                .isEqualTo(
                        Map.of(
                                "content-type", "text/event-stream",
                                "cache-control", "no-cache",
                                "x-accel-buffering", "no",
                                "transfer-encoding", "chunked",
                                "x-request-id", requestId,
                                "x-gateway-revision", "1"));
    }

    @Test
    void showsTheHeadersOfAnErrorAndNoneOfUpstreams() throws IOException {
        laboratory
                .upstream()
                .answer(
                        Script.json(
                                400,
                                "{\"error\":{\"message\":\"no\"}}",
                                "set-cookie: a=b",
                                "openai-organization: org-1",
                                "server: x"));

        var response = send(post("/v1/chat/completions", CHAT));

        var requestId = records.single().path("request_id").asText();
        assertThat(headers(response.headers()))
                .isEqualTo(
                        Map.of(
                                "content-type",
                                "application/json",
                                "content-length",
                                Integer.toString(response.body().length),
                                "x-request-id",
                                requestId,
                                "x-gateway-revision",
                                "1"));
        assertThat(response.bodyText()).contains("\"request_id\":\"" + requestId + "\"");
    }

    @Test
    void namesTheModelOnlyWhereItIsNotTheOneAskedFor() throws IOException {
        assertThat(modelHeader(send(post("/v1/chat/completions", CHAT)))).isEmpty();
        assertThat(modelHeader(send(post("/v1/chat/completions", "{\"model\":null}"))))
                .containsExactly("deepseek-chat");
        assertThat(modelHeader(send(post("/v1/chat/completions", "{\"model\":\"deepseek-chat\"}"))))
                .isEmpty();
        assertThat(modelHeader(send(request("GET", "/v1/models", "")))).isEmpty();
    }

    private static List<String> modelHeader(RawResponse response) {
        assertThat(response.status()).isEqualTo(200);
        return response.header("x-gateway-model").stream().toList();
    }

    private Map<String, String> sentUpstream() {
        assertThat(laboratory.upstream().requests()).hasSize(1);
        return headers(laboratory.upstream().requests().getFirst().headers());
    }

    /// By name in small letters; a name that comes twice fails.
    private static Map<String, String> headers(List<Header> headers) {
        var byName = new TreeMap<String, String>();
        for (var header : headers) {
            var before = byName.put(header.name().toLowerCase(Locale.ROOT), header.value());
            assertThat(before).as(header.name()).isNull();
        }
        return byName;
    }
}
