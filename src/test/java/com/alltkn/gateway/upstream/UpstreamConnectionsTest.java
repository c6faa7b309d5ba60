package com.alltkn.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.alltkn.gateway.error.GatewayError;
import com.alltkn.gateway.laboratory.MadeUpRevision;
import com.alltkn.gateway.laboratory.Mappings;
import com.alltkn.gateway.laboratory.Script;
import com.alltkn.gateway.laboratory.ScriptedUpstream;
import com.alltkn.gateway.rollout.Revision;
import com.alltkn.gateway.rollout.Settings;
import com.alltkn.gateway.upstream.UpstreamRequest.Body;
import com.alltkn.gateway.upstream.UpstreamRequest.Reuse;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How long connections are kept for the next request. Five seconds are half of one here.
class UpstreamConnectionsTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration KEPT = Duration.ofMillis(400);
    private static final Duration CLOSED = Duration.ofMillis(500);
    private static final AttemptClocks PATIENT = new AttemptClocks(SOON, SOON, SOON, SOON);

    private final Vertx vertx = Vertx.vertx();
    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final ConnectionShares shares = new ConnectionShares(1000, 100);
    private final UpstreamClient client = client();

    @AfterEach
    void close() throws ExecutionException, InterruptedException, TimeoutException {
        client.retire();
        upstream.close();
        vertx.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
    }

    /// Below the time that a connection is kept it is used again, above it never: an upstream that
    /// closes idle ones without a word loses nothing at either beat, nor at its own.
    @ParameterizedTest
    @ValueSource(ints = {100, 390, 410, 490, 500, 510, 1000})
    void losesNothingToAnUpstreamThatClosesIdleConnections(int beat) throws InterruptedException {
        upstream.closeIdleAfter(CLOSED);
        var loops = new ArrayList<ContextInternal>();
        for (var i = 0; i < 4; i++) {
            loops.add(((VertxInternal) vertx).createEventLoopContext());
        }
        var told = new LinkedBlockingQueue<String>();

        for (var round = 0; round < 5; round++) {
            for (var loop : loops) {
                ask(loop, Reuse.ANY, told);
            }
            for (var _ : loops) {
                assertThat(told.poll(5, TimeUnit.SECONDS)).isEqualTo("ended");
            }
            pass(Duration.ofMillis(beat));
        }

        assertThat(upstream.requests()).hasSize(20);
        if (beat > KEPT.toMillis()) {
            assertThat(upstream.acceptedConnections()).isEqualTo(20);
        } else if (beat < KEPT.toMillis() / 2) {
            assertThat(upstream.acceptedConnections()).isLessThan(20);
        }
        assertThat(shares.inUse()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"timeout=3", "max=5, Timeout=3", "timeout=99999", "timeout=9"})
    void keepsAConnectionLongerWhereUpstreamSaysSo(String announced) throws InterruptedException {
        upstream.answer(Script.json(200, "{}", "keep-alive: " + announced));

        askTwice(KEPT.plusMillis(400));

        assertThat(upstream.acceptedConnections()).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {"timeout=0", "timeout=1", "max=5,timeout=1"})
    void keepsAConnectionShorterWhereUpstreamSaysSo(String announced) throws InterruptedException {
        upstream.answer(Script.json(200, "{}", "keep-alive: " + announced));

        askTwice(Duration.ZERO);

        assertThat(upstream.acceptedConnections()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "timeout=", "timeout=soon", "max=100", "timeout=-1", "=", ",,"})
    void keepsAConnectionAsUsualWhereUpstreamSaysNothingClear(String announced)
            throws InterruptedException {
        upstream.answer(Script.json(200, "{}", "keep-alive: " + announced));

        askTwice(Duration.ofMillis(100));

        assertThat(upstream.acceptedConnections()).isOne();
    }

    @Test
    void closesAConnectionThatIsKeptForTooLongBeforeUpstreamDoes() throws InterruptedException {
        ask((ContextInternal) vertx.getOrCreateContext(), Reuse.ANY, new LinkedBlockingQueue<>());
        var id = upstream.awaitRequest(1, SOON).connectionId();

        assertThat(upstream.awaitPeerClosed(id, Duration.ofSeconds(3))).isTrue();
    }

    @Test
    void noticesThatUpstreamHasClosedAnIdleConnection() throws InterruptedException {
        upstream.answerNext(Script.json(200, "{}").pause(Duration.ofMillis(50)).close());

        askTwice(Duration.ofMillis(200));

        assertThat(upstream.requests()).hasSize(2);
        assertThat(upstream.acceptedConnections()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"close", "Upgrade, close", "keep-alive, Close"})
    void sendsNothingMoreOnAConnectionThatUpstreamIsAboutToClose(String options)
            throws InterruptedException {
        upstream.answer(Script.json(200, "{}", "connection: " + options));

        askTwice(Duration.ZERO);

        assertThat(upstream.acceptedConnections()).isEqualTo(2);
    }

    /// A connection that upstream closed after 1,200 ms shows that one is to be kept for a second.
    @Test
    void keepsConnectionsShorterOnceUpstreamHasShownThatItClosesThem() throws InterruptedException {
        upstream.closeIdleAfter(Duration.ofMillis(1200));
        upstream.answerNext(Script.json(200, "{}", "keep-alive: timeout=20"));
        upstream.answer(Script.json(200, "{}", "keep-alive: timeout=20"));
        askTwice(Duration.ofMillis(600));
        assertThat(upstream.acceptedConnections()).isOne();

        await().atMost(SOON).until(() -> upstream.openConnections() == 0);
        askTwice(Duration.ofMillis(1100));

        assertThat(upstream.acceptedConnections()).isEqualTo(3);
    }

    @Test
    void takesANewConnectionWhereNoIdleOneIsWanted() throws InterruptedException {
        var context = (ContextInternal) vertx.getOrCreateContext();
        var told = new LinkedBlockingQueue<String>();
        for (var reuse : new Reuse[] {Reuse.ANY, Reuse.WARM, Reuse.NONE, Reuse.WARM}) {
            ask(context, reuse, told);
            assertThat(told.poll(5, TimeUnit.SECONDS)).isEqualTo("ended");
        }

        assertThat(upstream.requests())
                .extracting(request -> (int) request.connectionId())
                .containsExactly(1, 1, 2, 2);
    }

    @Test
    void closesTheIdleConnectionsOfARetiredRevision() throws InterruptedException {
        var told = new LinkedBlockingQueue<String>();
        ask((ContextInternal) vertx.getOrCreateContext(), Reuse.ANY, told);
        assertThat(told.poll(5, TimeUnit.SECONDS)).isEqualTo("ended");

        client.retire();

        await().atMost(SOON).until(() -> upstream.openConnections() == 0);
    }

    private void askTwice(Duration pause) throws InterruptedException {
        var context = (ContextInternal) vertx.getOrCreateContext();
        var told = new LinkedBlockingQueue<String>();
        ask(context, Reuse.ANY, told);
        assertThat(told.poll(5, TimeUnit.SECONDS)).isEqualTo("ended");
        pass(pause);
        ask(context, Reuse.ANY, told);
        assertThat(told.poll(5, TimeUnit.SECONDS)).isEqualTo("ended");
    }

    private void ask(ContextInternal context, Reuse reuse, BlockingQueue<String> told) {
        assertThat(client.tryAcquire()).isTrue();
        var attempt =
                new Attempt(
                        context,
                        client,
                        (ConnectionShares.Share) shares.take("caller"),
                        new UpstreamRequest(
                                "GET",
                                "/models",
                                MultiMap.caseInsensitiveMultiMap(),
                                new Body.Empty(),
                                reuse),
                        PATIENT,
                        System.nanoTime(),
                        new Ending(told));
        context.runOnContext(_ -> attempt.start());
    }

    private UpstreamClient client() {
        var plain = MadeUpRevision.number(1).settings();
        return new UpstreamClient(
                vertx,
                new Revision(
                        1,
                        new Settings(
                                plain.apiKey(),
                                plain.keyId(),
                                upstream.baseUrl(),
                                plain.defaultModel(),
                                plain.requestTimeout(),
                                plain.logLevel(),
                                plain.fallbackModels(),
                                plain.canaryPercent(),
                                plain.clocks(),
                                plain.origins()),
                        "test"),
                new HttpClientOptions(),
                KEPT,
                Mappings.read(BreakerConfig.class, Map.of()));
    }

    private static void pass(Duration time) {
        await().pollInterval(Duration.ofMillis(1))
                .pollDelay(time)
                .atMost(time.plus(SOON))
                .until(() -> true);
    }

    /// Notes how an attempt ends; none of these may be lost.
    private record Ending(BlockingQueue<String> told) implements Attempt.Listener {

        @Override
        public @Nullable UpstreamRequest again() {
            told.add("lost");
            return null;
        }

        @Override
        public void answered(HttpClientResponse head) {
            // What counts is the end.
        }

        @Override
        public void received(Buffer chunk) {
            // What counts is the end.
        }

        @Override
        public void ended() {
            told.add("ended");
        }

        @Override
        public void failed(GatewayError error, String failure) {
            told.add(failure);
        }
    }
}
