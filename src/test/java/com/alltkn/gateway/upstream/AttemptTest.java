package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.laboratory.Gate;
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
    void waitsForAFreeConnectionNoLongerThanForANewOne() throws InterruptedException {
        upstream.answer(Script.silence());
        var client = client(upstream.port(), new HttpClientOptions().setMaxPoolSize(1));
        start(client, NONE, PATIENT, new Heard());
        upstream.awaitRequest(1, SOON);
        var heard = new Heard();

        start(client, NONE, SHORT_CONNECT, heard);

        assertThat(heard.next(1))
                .containsExactly("failed UpstreamTimeout[clock=CONNECT] timeout_connect");
        assertThat(client.holders()).isOne();
    }

    @Test
    void isRefusedAtOnceWhereTooManyWaitForAConnection() throws InterruptedException {
        upstream.answer(Script.silence());
        var one = new HttpClientOptions().setMaxPoolSize(1).setMaxWaitQueueSize(0);
        var client = client(upstream.port(), one);
        start(client, NONE, PATIENT, new Heard());
        upstream.awaitRequest(1, SOON);
        var heard = new Heard();

        start(client, NONE, PATIENT, heard);

        assertThat(heard.next(1)).containsExactly("failed Overloaded[] no_connection_free");
        assertThat(client.holders()).isOne();
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
        var client = client(upstream.port(), new HttpClientOptions().setMaxPoolSize(1));
        var first = new Heard();
        var waiting = new Heard();

        context.runOnContext(_ -> {
            start(client, NONE, PATIENT, first);
            start(client, NONE, PATIENT, waiting);
        });

        assertThat(first.next(3)).containsExactly("answered 200", "received {}", "ended");
        assertThat(waiting.next(3)).containsExactly("answered 200", "received next", "ended");
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

    /// The connection of an answer that is held back carries the next request as soon as upstream
    /// has sent the answer's end.
    @Test
    void leavesAConnectionToItsNextUserWhenAnAnswerHeldBackIsGivenUp() throws InterruptedException {
        var gate = new Gate();
        upstream.answerNext(
                Script.json(200, "{}"),
                Script.head(200, "content-length: 2").send("o").await(gate).send("k"));
        var client = client(upstream.port(), new HttpClientOptions().setMaxPoolSize(1));
        var slow = new Heard();
        var held = new AtomicReference<Attempt>();
        slow.whenReceived = () -> held.get().pause();
        held.set(start(client, NONE, PATIENT, slow));
        assertThat(slow.next(2)).containsExactly("answered 200", "received {}");
        var next = new Heard();
        start(client, NONE, PATIENT, next);
        assertThat(next.next(2)).containsExactly("answered 200", "received o");

        context.runOnContext(_ -> held.get().cancel());
        context.runOnContext(_ -> context.runOnContext(_ -> gate.open()));

        assertThat(next.next(2)).containsExactly("received k", "ended");
        assertThat(upstream.acceptedConnections()).isOne();
        assertThat(client.holders()).isZero();
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
    void givesAConnectionBackThatStandsTooLate() throws InterruptedException {
        var gate = new Gate();
        upstream.answerNext(Script.nothing().await(gate).then(Script.json(200, "{}")));
        var client = client(upstream.port(), new HttpClientOptions().setMaxPoolSize(1));
        var first = new Heard();
        start(client, NONE, PATIENT, first);
        upstream.awaitRequest(1, SOON);
        var late = new Heard();
        start(client, NONE, SHORT_CONNECT, late);
        assertThat(late.next(1))
                .containsExactly("failed UpstreamTimeout[clock=CONNECT] timeout_connect");

        gate.open();
        assertThat(first.next(3)).containsExactly("answered 200", "received {}", "ended");
        var next = new Heard();
        start(client, NONE, PATIENT, next);

        assertThat(next.next(1)).containsExactly("answered 200");
        assertThat(upstream.requests()).hasSize(2);
        assertThat(upstream.acceptedConnections()).isOne();
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
                Mappings.read(BreakerConfig.class, Map.of()));
    }

    private Attempt start(UpstreamClient client, Body body, AttemptClocks clocks, Heard heard) {
        assertThat(client.tryAcquire()).isTrue();
        var headers = MultiMap.caseInsensitiveMultiMap();
        var attempt =
                new Attempt(
                        context,
                        client,
                        new UpstreamRequest("POST", "/x", headers, body),
                        clocks,
                        System.nanoTime(),
                        heard);
        context.runOnContext(_ -> attempt.start());
        return attempt;
    }

    /// What a listener was told, each in a line.
    private static final class Heard implements Attempt.Listener {

        private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
        private volatile Runnable whenReceived = () -> {};

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
