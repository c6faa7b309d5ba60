package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.rollout.Clocks;
import com.alltkn.gateway.rollout.LogLevel;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.secret.KeyId;
import com.alltkn.gateway.secret.Secret;
import com.alltkn.gateway.upstream.UpstreamRequest.Body;
import com.alltkn.gateway.upstream.UpstreamRequest.Reuse;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.impl.ContextInternal;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttemptTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final AttemptClocks PATIENT = new AttemptClocks(LONG, LONG, LONG, LONG);
    private static final AttemptClocks SHORT_CONNECT = new AttemptClocks(SHORT, LONG, LONG, LONG);
    private static final AttemptClocks SHORT_IDLE = new AttemptClocks(LONG, LONG, SHORT, LONG);

    /// More than the buffers of two sockets hold.
    private static final int LARGE = 16 * 1024 * 1024;

    private static final Body NONE = new Body.Empty();

    /// A body that stops after its first byte.
    private static final Body ENDLESS =
            new Body.Streamed(OptionalLong.empty(), to -> to.write(Buffer.buffer("a")));

    private final Vertx vertx = Vertx.vertx();
    private final ContextInternal context = (ContextInternal) vertx.getOrCreateContext();
    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final ConnectionShares shares = new ConnectionShares(100, 100);
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (var one : opened) {
            one.close();
        }
        upstream.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
    }

    @Test
    void tellsOfAConnectionThatDoesNotStandInTime() throws IOException, InterruptedException {
        var client = client(fullPort(), new HttpClientOptions());
        var heard = new Heard();

        start(client, NONE, SHORT_CONNECT, heard);

        assertThat(heard.next(1))
                .containsExactly("failed UpstreamTimeout[clock=CONNECT] timeout_connect");
        assertThat(client.holders()).isZero();
    }

    @Test
    void tellsOfTheClientsOwnClockInTheSameWords() throws IOException, InterruptedException {
        var client = client(fullPort(), new HttpClientOptions().setConnectTimeout(300));
        var heard = new Heard();

        start(client, NONE, PATIENT, heard);

        assertThat(heard.next(1))
                .containsExactly("failed UpstreamTimeout[clock=CONNECT] timeout_connect");
        assertThat(client.holders()).isZero();
    }

    @Test
    void tellsOfAnUpstreamThatRefusesConnections() throws InterruptedException {
        var client = client(upstream.port(), new HttpClientOptions());
        upstream.close();
        var heard = new Heard();

        start(client, NONE, PATIENT, heard);

        assertThat(heard.next(1)).containsExactly("failed UpstreamUnreachable[] connect");
        assertThat(client.holders()).isZero();
    }

    @Test
    void blamesUpstreamForABodyThatItDoesNotRead() throws IOException, InterruptedException {
        var deaf = listener(10);
        var client = client(deaf.getLocalPort(), new HttpClientOptions());
        var heard = new Heard();

        start(
                client,
                new Body.Streamed(OptionalLong.empty(), AttemptTest::fill),
                SHORT_IDLE,
                heard);

        assertThat(heard.next(1))
                .containsExactly("failed UpstreamTimeout[clock=IDLE] timeout_idle");
        assertThat(client.holders()).isZero();
    }

    @Test
    void blamesTheCallerForABodyThatDoesNotCome() throws InterruptedException {
        var client = client(upstream.port(), new HttpClientOptions());
        var heard = new Heard();

        start(client, ENDLESS, SHORT_IDLE, heard);

        assertThat(heard.next(1)).containsExactly("failed BodyTooSlow[] body_stalled");
        assertThat(client.holders()).isZero();
    }

    @Test
    void closesAConnectionWhoseAnswerCameBeforeTheBodysEnd() throws InterruptedException {
        upstream.answer(Script.json(200, "{}").beforeTheBody());
        var client = client(upstream.port(), new HttpClientOptions());
        var heard = new Heard();

        start(client, ENDLESS, PATIENT, heard);

        assertThat(heard.next(3)).containsExactly("answered 200", "received {}", "ended");
        var id = upstream.requests().getFirst().connectionId();
        assertThat(upstream.awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(client.holders()).isZero();
    }

    @Test
    void closesAConnectionWhoseAnswerCameBeforeABodyInMemoryWasSent() throws InterruptedException {
        upstream.answer(Script.json(200, "{}").beforeTheBody().hang());
        var client = client(upstream.port(), new HttpClientOptions());
        var heard = new Heard();

        start(client, new Body.Whole(Buffer.buffer(new byte[LARGE])), PATIENT, heard);

        assertThat(heard.next(3)).containsExactly("answered 200", "received {}", "ended");
        var id = upstream.requests().getFirst().connectionId();
        assertThat(upstream.awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(client.holders()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n"
                        + "content-length: 4\r\n\r\nevil",
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-le",
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}}",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n0\r\n\r\n"
            })
    void givesTheBytesBehindAnAnswerToNobody(String bytes) throws InterruptedException {
        upstream.answerNext(Script.nothing().send(bytes), Script.json(200, "next"));
        var client = client(upstream.port(), new HttpClientOptions());
        var first = new Heard();
        var second = new Heard();

        start(client, NONE, PATIENT, first);
        assertThat(first.next(3)).containsExactly("answered 200", "received {}", "ended");
        start(client, NONE, PATIENT, second);

        assertThat(second.next(3)).containsExactly("answered 200", "received next", "ended");
        assertThat(upstream.acceptedConnections()).isEqualTo(2);
    }

    @Test
    void closesAConnectionThatBringsBytesNobodyAskedFor() throws InterruptedException {
        upstream.answer(Script.json(200, "{}").pause(SHORT).send("HTTP/1.1 2").hang());
        var client = client(upstream.port(), new HttpClientOptions());
        var heard = new Heard();

        start(client, NONE, PATIENT, heard);

        assertThat(heard.next(3)).containsExactly("answered 200", "received {}", "ended");
        var id = upstream.requests().getFirst().connectionId();
        assertThat(upstream.awaitPeerClosed(id, Duration.ofSeconds(2))).isTrue();
    }

    /// Upstream may have ended it, but it is not at its end here.
    @Test
    void keepsAConnectionFromOthersWhileItsAnswerIsHeldBack() throws InterruptedException {
        var client = client(upstream.port(), new HttpClientOptions());
        var slow = new Heard();
        var held = new AtomicReference<Attempt>();
        slow.whenReceived = () -> held.get().pause();
        upstream.answer(Script.json(200, "{}"));
        held.set(start(client, NONE, PATIENT, slow));
        assertThat(slow.next(2)).containsExactly("answered 200", "received {}");
        var next = new Heard();

        start(client, NONE, PATIENT, next);
        assertThat(next.next(3)).containsExactly("answered 200", "received {}", "ended");
        context.runOnContext(_ -> held.get().resume());

        assertThat(slow.next(1)).containsExactly("ended");
        assertThat(upstream.acceptedConnections()).isEqualTo(2);
        assertThat(client.holders()).isZero();
        assertThat(shares.inUse()).isZero();
    }

    @Test
    void closesTheConnectionOfAnAnswerHeldBackThatHasNotEnded() throws InterruptedException {
        upstream.answer(Script.stallAfter("{}"));
        var client = client(upstream.port(), new HttpClientOptions());
        var slow = new Heard();
        var held = new AtomicReference<Attempt>();
        slow.whenReceived = () -> held.get().pause();
        held.set(start(client, NONE, PATIENT, slow));
        assertThat(slow.next(2)).containsExactly("answered 200", "received {}");

        context.runOnContext(_ -> held.get().cancel());

        var id = upstream.requests().getFirst().connectionId();
        assertThat(upstream.awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(client.holders()).isZero();
    }

    @Test
    void tellsNothingMoreOnceItIsCancelled() throws InterruptedException {
        upstream.answer(Script.silence());
        var client = client(upstream.port(), new HttpClientOptions());
        var heard = new Heard();
        var attempt = start(client, NONE, new AttemptClocks(LONG, SHORT, LONG, LONG), heard);
        var id = upstream.awaitRequest(1, SOON).connectionId();

        context.runOnContext(_ -> {
            attempt.cancel();
            attempt.cancel();
        });

        assertThat(upstream.awaitPeerClosed(id, Duration.ofSeconds(1))).isTrue();
        assertThat(heard.nothingFor(SHORT.multipliedBy(2))).isTrue();
        assertThat(client.holders()).isZero();
    }

    @Test
    void keepsAConnectionForTheNextOneThatStandsTooLate() throws InterruptedException {
        upstream.answer(Script.json(200, "{}"));
        var client = client(upstream.port(), new HttpClientOptions());
        var gone = new Heard();
        var next = new Heard();

        context.runOnContext(_ -> {
            var attempt = attempt(client, NONE, PATIENT, gone);
            attempt.start();
            attempt.cancel();
            // A share of a connection that is still being made is still in use.
            assertThat(shares.inUse()).isOne();
        });
        await().atMost(SOON)
                .until(() -> upstream.acceptedConnections() == 1 && shares.inUse() == 0);
        start(client, NONE, PATIENT, next);

        assertThat(next.next(3)).containsExactly("answered 200", "received {}", "ended");
        assertThat(upstream.requests()).hasSize(1);
        assertThat(upstream.acceptedConnections()).isOne();
        assertThat(shares.inUse()).isZero();
    }

    /// A port whose listener takes no more connections.
    private int fullPort() throws IOException {
        var listener = listener(1);
        while (true) {
            var filler = new Socket();
            opened.add(filler);
            try {
                filler.connect(new InetSocketAddress("127.0.0.1", listener.getLocalPort()), 200);
            } catch (SocketTimeoutException full) {
                return listener.getLocalPort();
            }
        }
    }

    private ServerSocket listener(int backlog) throws IOException {
        var listener = new ServerSocket(0, backlog, InetAddress.getByName("127.0.0.1"));
        opened.add(listener);
        return listener;
    }

    private static void fill(HttpClientRequest to) {
        // More than the buffers of two sockets hold.
        for (int i = 0; i < 64; i++) {
            to.write(Buffer.buffer(new byte[1024 * 1024]));
        }
    }

    private UpstreamClient client(int port, HttpClientOptions options) {
        var key = Secret.of("test-key-of-an-attempt");
        var settings =
                new Settings(
                        key,
                        KeyId.of(key),
                        URI.create("http://127.0.0.1:" + port + "/api/v1"),
                        "some-model",
                        LONG,
                        LogLevel.INFO,
                        List.of(),
                        0,
                        Clocks.OF_THE_PROCESS,
                        Map.of());
        return new UpstreamClient(
                vertx,
                new Revision(1, settings, "test"),
                options,
                LONG,
                Mappings.read(BreakerConfig.class, Map.of()));
    }

    private Attempt start(UpstreamClient client, Body body, AttemptClocks clocks, Heard heard) {
        var attempt = attempt(client, body, clocks, heard);
        context.runOnContext(_ -> attempt.start());
        return attempt;
    }

    private Attempt attempt(UpstreamClient client, Body body, AttemptClocks clocks, Heard heard) {
        assertThat(client.tryAcquire()).isTrue();
        var headers = MultiMap.caseInsensitiveMultiMap();
        return new Attempt(
                context,
                client,
                (ConnectionShares.Share) shares.take("caller"),
                new UpstreamRequest("POST", "/x", headers, body, Reuse.ANY),
                clocks,
                System.nanoTime(),
                heard);
    }

    /// What a listener was told, each in a line.
    private static final class Heard implements Attempt.Listener {

        private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
        private volatile Runnable whenReceived = () -> {};

        @Override
        public @Nullable UpstreamRequest again() {
            return null;
        }

        @Override
        public void answered(HttpClientResponse head) {
            told.add("answered " + head.statusCode());
        }

        @Override
        public void received(Buffer chunk) {
            whenReceived.run();
            told.add("received " + chunk.toString(StandardCharsets.UTF_8));
        }

        @Override
        public void ended() {
            told.add("ended");
        }

        @Override
        public void failed(GatewayError error, String failure) {
            told.add("failed " + error + " " + failure);
        }

        List<String> next(int count) throws InterruptedException {
            var next = new ArrayList<String>();
            while (next.size() < count) {
                var one = told.poll(SOON.toMillis(), TimeUnit.MILLISECONDS);
                assertThat(one).as("after %s", next).isNotNull();
                next.add(one);
            }
            return next;
        }

        boolean nothingFor(Duration time) throws InterruptedException {
            return told.poll(time.toMillis(), TimeUnit.MILLISECONDS) == null;
        }
    }
}
