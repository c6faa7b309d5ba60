package com.alltkn.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.alltkn.gateway.laboratory.Gate;
import com.alltkn.gateway.laboratory.RawHttp;
import com.alltkn.gateway.laboratory.Script;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Callers who leave, by a goodbye or by a reset, at every moment of an exchange.
@QuarkusTest
class CallerGoneTest extends ExchangeTest {

    private static final Duration AT_ONCE = Duration.ofSeconds(1);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void asksNothingForACallerWhoLeavesWithinItsBody(boolean reset) throws IOException {
        var connection = connect();
        var request = post("/v1/chat/completions", CHAT);
        connection.send(request.substring(0, request.length() - 10));
        awaitInFlight();

        leave(connection, reset);

        var record = records.single();
        assertThat(summary(record)).isEqualTo("499 caller_gone caller_gone");
        assertThat(record.path("bytes_in").asInt()).isEqualTo(CHAT.length() - 10);
        assertThat(laboratory.upstream().requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancelsWhileUpstreamThinks(boolean reset) throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.silence());
        var connection = connect().send(post("/v1/chat/completions", CHAT));
        laboratory.upstream().awaitRequest(1, SOON);

        leave(connection, reset);

        assertUpstreamClosed();
        assertThat(summary(records.single())).isEqualTo("499 caller_gone caller_gone");
    }

    @ParameterizedTest
    @ValueSource(strings = {STREAMED_CHAT, CHAT})
    void cancelsBetweenHeadAndFirstByte(String body) throws IOException, InterruptedException {
        var gate = new Gate();
        var type = body.equals(CHAT) ? "application/json" : "text/event-stream";
        laboratory
                .upstream()
                .answer(
                        Script.head(200, "content-type: " + type, "transfer-encoding: chunked")
                                .open(gate)
                                .hang());
        var connection = connect().send(post("/v1/chat/completions", body));
        gate.await(SOON);

        leave(connection, false);

        assertUpstreamClosed();
        assertThat(summary(records.single())).isEqualTo("499 caller_gone caller_gone");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancelsInTheMiddleOfAStream(boolean reset) throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.stallAfter(HELLO));
        var connection = connect().send(post("/v1/chat/completions", STREAMED_CHAT));
        connection.readUntil("}\n\n\r\n", SOON);

        leave(connection, reset);

        assertUpstreamClosed();
        var record = records.single();
        assertThat(summary(record)).isEqualTo("200 caller_gone caller_gone");
        assertThat(usage(record)).isEqualTo("? in, ? out");
    }

    @Test
    void cancelsInTheMiddleOfAnEndlessStream() throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.endless(HELLO));
        var connection = connect().send(post("/v1/chat/completions", STREAMED_CHAT));
        connection.readUntil("}\n\n\r\n", SOON);

        leave(connection, true);

        assertUpstreamClosed();
        assertThat(summary(records.single())).isEqualTo("200 caller_gone caller_gone");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancelsInTheMiddleOfAnAnswer(boolean reset) throws IOException, InterruptedException {
        laboratory
                .upstream()
                .answer(
                        Script.head(200, "content-type: application/json", "content-length: 100")
                                .send("{\"a\":")
                                .send("1,")
                                .hang());
        var connection = connect().send(post("/v1/chat/completions", CHAT));
        laboratory.upstream().awaitRequest(1, SOON);

        leave(connection, reset);

        assertUpstreamClosed();
        assertThat(records.single().path("outcome").asText()).isEqualTo("caller_gone");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancelsWithinAnUpload(boolean reset) throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.silence().beforeTheBody());
        var connection = connect();
        connection.send(
                "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer "
                        + laboratory.callerKey()
                        + "\r\ncontent-type: multipart/form-data; boundary=x\r\n"
                        + "content-length: 100000\r\n\r\n"
                        + "a".repeat(5_000));
        laboratory.upstream().awaitRequest(1, SOON);

        leave(connection, reset);

        assertUpstreamClosed();
        var record = records.single();
        assertThat(summary(record)).isEqualTo("499 caller_gone caller_gone");
        assertThat(record.path("bytes_in").asInt()).isEqualTo(5_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 600})
    void cancelsForACallerWhoHasSentItsNextRequestsAlready(int more)
            throws IOException, InterruptedException {
        laboratory.upstream().answer(Script.silence());
        var connection = connect();
        connection.send(post("/v1/chat/completions", CHAT).repeat(1 + more));
        laboratory.upstream().awaitRequest(1, SOON);

        leave(connection, false);

        assertUpstreamClosed();
        assertThat(summary(records.single())).isEqualTo("499 caller_gone caller_gone");
    }

    @Test
    void countsNothingTwiceForACallerWhoLeavesAfterItsAnswer() throws IOException {
        var connection = connect();
        connection.send(post("/v1/chat/completions", CHAT)).read(SOON);

        leave(connection, true);

        assertThat(send(post("/v1/chat/completions", CHAT)).status()).isEqualTo(200);
        assertThat(records.await(2)).allMatch(record -> summary(record).equals("200 answered"));
    }

    private void assertUpstreamClosed() throws InterruptedException {
        var id = laboratory.upstream().requests().getFirst().connectionId();
        assertThat(laboratory.upstream().awaitPeerClosed(id, AT_ONCE)).isTrue();
        Awaitility.await().atMost(AT_ONCE).until(() -> metric("gateway_exchanges_in_flight") == 0);
    }

    private void awaitInFlight() {
        Awaitility.await().atMost(SOON).until(() -> metric("gateway_exchanges_in_flight") == 1);
    }

    private static void leave(RawHttp connection, boolean reset) throws IOException {
        if (reset) {
            connection.reset();
        } else {
            connection.close();
        }
    }
}
