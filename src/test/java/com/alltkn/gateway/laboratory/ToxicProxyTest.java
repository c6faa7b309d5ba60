package com.alltkn.gateway.laboratory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ToxicProxyTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration MOMENT = Duration.ofMillis(150);
    private static final String REQUEST = RawHttp.post("/api/v1/chat/completions", "{}");

    private final ScriptedUpstream server = ScriptedUpstream.start();
    private final ToxicProxy proxy = ToxicProxy.before(server.port());

    @AfterEach
    void close() {
        proxy.close();
        server.close();
    }

    @Test
    void passesEverythingOnAndCountsConnections() throws IOException {
        try (var first = RawHttp.connect(proxy.port());
                var second = RawHttp.connect(proxy.port())) {
            var answers = first.send(REQUEST).read(SOON).bodyText();
            answers += second.send(REQUEST).read(SOON).bodyText();
            answers += first.send(REQUEST).read(SOON).bodyText();

            assertThat(answers).isEqualTo(ScriptedUpstream.COMPLETION.repeat(3));
            assertThat(proxy.accepted()).isEqualTo(2);
            assertThat(proxy.open()).isEqualTo(2);
        }
        await().atMost(SOON).until(() -> proxy.open() == 0 && server.openConnections() == 0);
        assertThat(proxy.takeMostOpen()).isEqualTo(2);
        assertThat(proxy.takeMostOpen()).isZero();
    }

    @Test
    void holdsAnswersBackForTheTimeThatIsAsked() throws IOException {
        proxy.toClient(new Toxic.Latency(Duration.ofMillis(200)));

        try (var client = RawHttp.connect(proxy.port())) {
            var before = System.nanoTime();
            var status = client.send(REQUEST).read(SOON).status();

            assertThat(status).isEqualTo(200);
            assertThat(Duration.ofNanos(System.nanoTime() - before))
                    .isBetween(Duration.ofMillis(200), Duration.ofSeconds(2));
        }
    }

    @Test
    void noticesAClientThatLeavesWhileItsAnswerIsHeldBack() throws IOException {
        proxy.toClient(new Toxic.Latency(Duration.ofMinutes(1)));

        try (var client = RawHttp.connect(proxy.port())) {
            client.send(REQUEST);
            await().atMost(SOON).until(() -> server.requests().size() == 1);
        }

        await().atMost(Duration.ofSeconds(1)).until(() -> proxy.open() == 0);
    }

    @Test
    void swallowsRequestsOrAnswersAndKeepsTheConnection() throws IOException {
        try (var client = RawHttp.connect(proxy.port())) {
            proxy.toServer(new Toxic.BlackHole());
            client.send(REQUEST);
            assertThatThrownBy(() -> client.read(MOMENT))
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(server.requests()).isEmpty();

            proxy.heal();
            proxy.toClient(new Toxic.BlackHole());
            client.send(REQUEST);
            assertThatThrownBy(() -> client.read(MOMENT))
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(server.requests()).hasSize(1);

            proxy.heal();
            assertThat(client.send(REQUEST).read(SOON).status()).isEqualTo(200);
        }
    }

    @Test
    void letsAnAnswerDrip() throws IOException {
        server.answer(Script.raw("0123456789".getBytes(StandardCharsets.US_ASCII)).close());
        proxy.toClient(new Toxic.Drip(3, Duration.ofMillis(50)));

        try (var client = RawHttp.connect(proxy.port())) {
            var before = System.nanoTime();
            var all = client.send(REQUEST).readToEnd(SOON);

            assertThat(new String(all, StandardCharsets.US_ASCII)).isEqualTo("0123456789");
            assertThat(Duration.ofNanos(System.nanoTime() - before))
                    .isGreaterThanOrEqualTo(Duration.ofMillis(200));
        }
    }

    @Test
    void cutsAnAnswerAfterSoManyBytes() throws IOException {
        proxy.toClient(new Toxic.CutAfter(20));

        try (var client = RawHttp.connect(proxy.port())) {
            assertThat(client.send(REQUEST).readToEnd(SOON)).hasSize(20);
        }
        await().atMost(SOON).until(() -> server.openConnections() == 0);
    }

    @Test
    void resetsAConnection() throws IOException {
        proxy.toServer(new Toxic.ResetAfter(0));

        try (var client = RawHttp.connect(proxy.port())) {
            assertThatThrownBy(() -> client.send(REQUEST).read(SOON))
                    .isInstanceOfAny(SocketException.class, EOFException.class);
        }
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void answersRubbish() throws IOException {
        proxy.toClient(Toxic.rubbish());

        try (var client = RawHttp.connect(proxy.port())) {
            assertThat(client.send(REQUEST).readUntil("\r\n", SOON))
                    .isEqualTo("\0\1 neither one nor the other \r\n");
        }
    }

    @Test
    void refusesConnectionsAndListensAgain() throws IOException {
        try (var client = RawHttp.connect(proxy.port())) {
            assertThat(client.send(REQUEST).read(SOON).status()).isEqualTo(200);

            proxy.refuse();

            assertThat(client.closedByServer(SOON)).isTrue();
            assertThatThrownBy(() -> RawHttp.connect(proxy.port()))
                    .isInstanceOf(ConnectException.class);
        }
        proxy.heal();
        try (var client = RawHttp.connect(proxy.port())) {
            assertThat(client.send(REQUEST).read(SOON).status()).isEqualTo(200);
        }
    }

    @Test
    void sendsNewConnectionsElsewhere() throws IOException {
        try (var other = ScriptedUpstream.start()) {
            other.answer(Script.json(503, "{}"));
            proxy.target(other.port());

            try (var client = RawHttp.connect(proxy.port())) {
                assertThat(client.send(REQUEST).read(SOON).status()).isEqualTo(503);
            }
        }
    }
}
