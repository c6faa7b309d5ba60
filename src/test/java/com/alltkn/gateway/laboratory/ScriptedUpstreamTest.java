package com.alltkn.gateway.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScriptedUpstreamTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration MOMENT = Duration.ofMillis(150);
    private static final String CHAT = "/api/v1/chat/completions";

    private final ScriptedUpstream upstream = ScriptedUpstream.start();

    @AfterEach
    void close() {
        upstream.close();
    }

    @Test
    void answersManyRequestsOnOneConnection() throws IOException, InterruptedException {
        try (var client = RawHttp.connect(upstream.port())) {
            RawResponse first = client.send(RawHttp.post(CHAT, "{\"a\":1}", "X-One: 1")).read(SOON);
            RawResponse second = client.send(RawHttp.post(CHAT + "?q=%2F", "{}")).read(SOON);

            assertThat(first.status()).isEqualTo(200);
            assertThat(second.bodyText()).isEqualTo(ScriptedUpstream.COMPLETION);
            assertThat(upstream.acceptedConnections()).isOne();
            assertThat(upstream.openConnections()).isOne();
        }
        RecordedRequest recorded = upstream.awaitRequest(1, SOON);
        assertThat(recorded.method()).isEqualTo("POST");
        assertThat(recorded.headers())
                .containsExactly(
                        new Header("host", "localhost"),
                        new Header("X-One", "1"),
                        new Header("content-type", "application/json"),
                        new Header("content-length", "7"));
        assertThat(recorded.bodyText()).isEqualTo("{\"a\":1}");
        assertThat(upstream.requests().get(1).rawPath()).isEqualTo(CHAT + "?q=%2F");
        assertThat(upstream.awaitPeerClosed(1, SOON)).isTrue();
        assertThat(upstream.peerClosedAt(1)).isPresent();
        assertThat(upstream.openConnections()).isZero();
    }

    @Test
    void answersByRuleThenByQueueThenByDefault() throws IOException {
        upstream.answer(Script.json(500, "standing"));
        upstream.answerNext(Script.json(429, "queued", "Retry-After: 2"));
        upstream.on(request -> request.rawPath().endsWith("/models"), Script.json(200, "rule"));

        try (var client = RawHttp.connect(upstream.port())) {
            String models = RawHttp.request("GET", "/api/v1/models", "");
            RawResponse queued = client.send(RawHttp.post(CHAT, "{}")).read(SOON);
            assertThat(client.send(models).read(SOON).bodyText()).isEqualTo("rule");
            assertThat(client.send(RawHttp.post(CHAT, "{}")).read(SOON).bodyText())
                    .isEqualTo("standing");
            assertThat(queued.statusLine()).isEqualTo("HTTP/1.1 429 Too Many Requests");
            assertThat(queued.headers()).startsWith(new Header("Retry-After", "2"));
        }
    }

    @Test
    void readsAChunkedUploadWhileItIsGoingOn() throws IOException, InterruptedException {
        try (var client = RawHttp.connect(upstream.port())) {
            client.send("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.send("3;ext=1\r\nabc\r\n");
            await().atMost(SOON).until(() -> upstream.receivedBytes() > 60);
            assertThat(upstream.requests()).isEmpty();

            client.send("2\r\nde\r\n0\r\nTrailer: x\r\n\r\n");

            assertThat(client.read(SOON).status()).isEqualTo(200);
            assertThat(upstream.awaitRequest(1, SOON).bodyText()).isEqualTo("abcde");
        }
    }

    @Test
    void keepsTheFramingItWasTold() throws IOException {
        upstream.answer(Script.sse(Script.event("{\"é\":1}"), Script.event("[DONE]")));

        try (var client = RawHttp.connect(upstream.port())) {
            RawResponse response = client.send(RawHttp.post(CHAT, "{}")).read(SOON);

            assertThat(response.rawBodyText())
                    .isEqualTo(
                            "10\r\ndata: {\"é\":1}\n\n\r\n"
                                    + "e\r\ndata: [DONE]\n\n\r\n"
                                    + "0\r\n\r\n");
            assertThat(response.complete()).isTrue();
            assertThat(response.closed()).isFalse();
        }
    }

    @Test
    void waitsAtAGateInTheMiddleOfAStream() throws IOException, InterruptedException {
        var reached = new Gate();
        var gate = new Gate();
        upstream.answer(
                Script.sseHead()
                        .chunk("data: 1\n\n")
                        .open(reached)
                        .await(gate)
                        .chunk("data: 2\n\n")
                        .lastChunk());

        try (var client = RawHttp.connect(upstream.port())) {
            client.send(RawHttp.post(CHAT, "{}"));
            client.readUntil("data: 1\n\n\r\n", SOON);
            assertThat(reached.await(SOON)).isTrue();
            assertThatThrownBy(() -> client.readUntil("data: 2", MOMENT))
                    .isInstanceOf(SocketTimeoutException.class);

            gate.open();

            assertThat(client.readUntil("0\r\n\r\n", SOON)).contains("data: 2\n\n");
        }
    }

    @Test
    void cutsAfterAsManyBytesAsTold() throws IOException {
        upstream.answer(Script.json(200, "{\"whole\":true}").cutAfter(80));

        try (var client = RawHttp.connect(upstream.port())) {
            byte[] read = client.send(RawHttp.post(CHAT, "{}")).readToEnd(SOON);

            assertThat(read).hasSize(80);
        }
    }

    @Test
    void resetsInTheMiddle() throws IOException {
        upstream.answer(Script.sse("data: 1\n\n", "data: 2\n\n").resetAfter(100));

        try (var client = RawHttp.connect(upstream.port())) {
            RawHttp sent = client.send(RawHttp.post(CHAT, "{}"));

            assertThatThrownBy(
                            () -> {
                                if (!sent.read(SOON).complete()) {
                                    throw new IOException("cut");
                                }
                            })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void declaresALengthThatIsNotTrue() throws IOException {
        upstream.answer(Script.contentLength(10, "{}"));

        try (var client = RawHttp.connect(upstream.port())) {
            RawResponse response = client.send(RawHttp.post(CHAT, "{}")).read(SOON);

            assertThat(response.bodyText()).isEqualTo("{}");
            assertThat(response.complete()).isFalse();
            assertThat(response.closed()).isTrue();
        }
    }

    @Test
    void endsAStreamWithTheConnection() throws IOException {
        upstream.answer(Script.closeDelimited("data: 1\n\n", "data: [DONE]\n\n"));

        try (var client = RawHttp.connect(upstream.port())) {
            RawResponse response = client.send(RawHttp.post(CHAT, "{}")).read(SOON);

            assertThat(response.rawBodyText()).isEqualTo("data: 1\n\ndata: [DONE]\n\n");
            assertThat(response.closed()).isTrue();
        }
    }

    @Test
    void staysSilentOrStallsUntilThePeerLeaves() throws IOException, InterruptedException {
        upstream.answerNext(Script.silence(), Script.stallAfter("data: 1\n\n"));

        try (var silent = RawHttp.connect(upstream.port())) {
            silent.send(RawHttp.post(CHAT, "{}"));
            upstream.awaitRequest(1, SOON);
            assertThat(silent.closedByServer(MOMENT)).isFalse();
            assertThat(upstream.peerClosedAt(1)).isEmpty();
        }
        try (var stalled = RawHttp.connect(upstream.port())) {
            stalled.send(RawHttp.post(CHAT, "{}")).readUntil("data: 1\n\n\r\n", SOON);
            assertThat(stalled.closedByServer(MOMENT)).isFalse();
            stalled.reset();
        }

        assertThat(upstream.awaitPeerClosed(1, SOON)).isTrue();
        assertThat(upstream.awaitPeerClosed(2, SOON)).isTrue();
    }

    @Test
    void sendsInterimAnswersFirst() throws IOException {
        upstream.answer(
                Script.interim(103, "link: </a>; rel=preload").then(Script.json(200, "{}")));

        try (var client = RawHttp.connect(upstream.port())) {
            client.send(RawHttp.post(CHAT, "{}"));

            assertThat(client.read(SOON).status()).isEqualTo(103);
            assertThat(client.read(SOON).status()).isEqualTo(200);
        }
    }

    @Test
    void redirects() throws IOException {
        upstream.answer(Script.redirect(307, "http://127.0.0.1:1/stolen"));

        try (var client = RawHttp.connect(upstream.port())) {
            RawResponse response = client.send(RawHttp.post(CHAT, "{}")).read(SOON);

            assertThat(response.status()).isEqualTo(307);
            assertThat(response.header("Location")).contains("http://127.0.0.1:1/stolen");
        }
    }

    @Test
    void answersBeforeTheBody() throws IOException, InterruptedException {
        upstream.answer(Script.json(413, "{}").beforeTheBody());

        try (var client = RawHttp.connect(upstream.port())) {
            client.send("POST /x HTTP/1.1\r\nhost: h\r\ncontent-length: 1000\r\n\r\nabc");

            assertThat(client.read(SOON).status()).isEqualTo(413);
            assertThat(upstream.awaitRequest(1, SOON).body()).isEmpty();
        }
    }

    @Test
    void stopsAnEndlessStreamWhenThePeerDoesNotReadAndEndsItWhenThePeerLeaves()
            throws IOException, InterruptedException {
        upstream.answer(Script.endless("data: " + "x".repeat(10_000) + "\n\n"));

        try (var client = RawHttp.connect(upstream.port())) {
            client.send(RawHttp.post(CHAT, "{}")).readUntil("\n\n", SOON);
            await().atMost(SOON).during(MOMENT).until(standsStill(), still -> still);
        }

        assertThat(upstream.awaitPeerClosed(1, SOON)).isTrue();
    }

    @Test
    void splitsAndPacesItsWrites() throws IOException {
        long before = System.nanoTime();
        upstream.answer(Script.json(200, "{}").byteByByte().paced(Duration.ofMillis(1)));

        try (var client = RawHttp.connect(upstream.port())) {
            assertThat(client.send(RawHttp.post(CHAT, "{}")).read(SOON).bodyText()).isEqualTo("{}");
        }

        assertThat(Duration.ofNanos(System.nanoTime() - before))
                .isGreaterThan(Duration.ofMillis(70));
    }

    @Test
    void speaksTlsUnderItsOwnAuthority(@TempDir Path directory)
            throws IOException, InterruptedException {
        TestCertificates certificates = TestCertificates.create(directory);
        try (var secured = ScriptedUpstream.start(certificates.serverContext());
                HttpClient client =
                        HttpClient.newBuilder().sslContext(certificates.clientContext()).build()) {
            URI byName = URI.create(secured.baseUrl() + "/chat/completions");
            URI byAddress = URI.create("https://127.0.0.1:" + secured.port() + "/");
            HttpRequest request =
                    HttpRequest.newBuilder(byName).POST(BodyPublishers.ofString("{}")).build();

            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());

            assertThat(response.body()).isEqualTo(ScriptedUpstream.COMPLETION);
            assertThat(
                            client.send(
                                            HttpRequest.newBuilder(byAddress).build(),
                                            BodyHandlers.ofString())
                                    .statusCode())
                    .isEqualTo(200);
            secured.answer(Script.json(200, "{\"cut\":true}").cutAfter(60));
            assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString()))
                    .isInstanceOf(IOException.class);
        }
        assertThat(Files.readString(certificates.caPem(), StandardCharsets.US_ASCII))
                .startsWith("-----BEGIN CERTIFICATE-----");
        assertThat(certificates.certPem()).exists();
        assertThat(Files.readString(certificates.keyPem()))
                .startsWith("-----BEGIN PRIVATE KEY-----");
    }

    private Callable<Boolean> standsStill() {
        long[] last = {-1};
        return () -> {
            long now = upstream.sentBytes();
            boolean still = now == last[0];
            last[0] = now;
            return still;
        };
    }
}
